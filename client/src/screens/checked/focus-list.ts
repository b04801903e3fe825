/** Keeps the focus in the list when a bar below it goes away. */
import { useLayoutEffect, useRef, type RefObject } from 'react';

/** The element to watch. If the focus is in it when it is removed, the list takes it over. */
export function useFocusKept(): RefObject<HTMLDivElement | null> {
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const shown = bar.current;
    return () => {
      if (shown?.contains(document.activeElement) !== true) return;
      const list = document.querySelector<HTMLElement>('.list') ?? document.querySelector<HTMLElement>('.pane-list');
      list?.focus();
    };
  }, []);
  return bar;
}
