/** What is begun on a screen ends with it. */
import { useEffect, useRef } from 'react';

/** Whether what calls it is still on screen. */
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
