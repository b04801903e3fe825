/** Tells whether a component is still on screen, so that work started there can end with it. */
import { useEffect, useRef } from 'react';

/** Returns a function that says whether the calling component is still mounted. */
export function useIsHere(): () => boolean {
  const isHere = useRef(false);
  useEffect(() => {
    isHere.current = true;
    return () => {
      isHere.current = false;
    };
  }, []);
  return () => isHere.current;
}
