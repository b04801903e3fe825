/** For fields whose text is kept in the store, which tells of changes a moment later. */
import { useReducer } from 'react';

/**
 * Draws within the event. A field that is drawn later is first put back to what it was: that doubles words which are being
 * composed, and begins days that are typed anew with every key.
 */
export function useRedraw(): () => void {
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
  return redraw;
}
