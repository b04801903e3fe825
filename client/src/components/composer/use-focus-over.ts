/** Keeps the focus with whoever goes from one conversation to another while they write. */
import { useLayoutEffect, useRef, type RefObject } from 'react';

/** Whether the composer that has just gone had the focus. */
let hadFocus = false;

/** Where to write, or else what there is to choose from. */
const firstField = (composer: HTMLElement): HTMLElement | null =>
  composer.querySelector<HTMLElement>('.composer-text') ??
  composer.querySelector<HTMLElement>('input:not([type=file])') ??
  composer.querySelector<HTMLElement>('button');

/** For the composer's element. What is removed from a page takes the focus along, so the next composer gets it. */
export function useFocusOver(): RefObject<HTMLDivElement | null> {
  const composer = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const shown = composer.current;
    if (shown === null) return undefined;
    if (hadFocus) firstField(shown)?.focus();
    hadFocus = false;
    return () => {
      hadFocus = shown.contains(document.activeElement);
      // Only the one that takes its place at once.
      queueMicrotask(() => {
        hadFocus = false;
      });
    };
  }, []);
  return composer;
}
