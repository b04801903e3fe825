/** Notices a click outside of an element that is open above the others. */
import { useEffect, type RefObject } from 'react';

/** Calls `onAway` for every pointer that goes down outside of `inside` while it is open. Keep `onAway` the same function. */
export function useAway(inside: RefObject<HTMLElement | null>, isOpen: boolean, onAway: () => void): void {
  useEffect(() => {
    if (!isOpen) return undefined;
    const onPointer = (event: Event): void => {
      if (inside.current?.contains(event.target as Node) !== true) onAway();
    };
    document.addEventListener('pointerdown', onPointer);
    return () => {
      document.removeEventListener('pointerdown', onPointer);
    };
  }, [inside, isOpen, onAway]);
}
