/** Renders a component repeatedly, for content that depends on the time. */
import { useEffect, useReducer } from 'react';

/** Renders every `everyMs` milliseconds. */
export function useTick(everyMs: number): void {
  const [, tick] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(tick, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [everyMs]);
}
