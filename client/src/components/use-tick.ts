/** Draws a component again and again, for what depends on the time. */
import { useEffect, useReducer } from 'react';

/** Every `everyMs`. */
export function useTick(everyMs: number): void {
  const [, tick] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(tick, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [everyMs]);
}
