/** Immediate rendering for fields whose text is kept in the store, which notifies a moment later. */
import { useReducer } from 'react';

/**
 * Call the returned function to render within the event. A field that is rendered later is first reset to its old text.
 * That duplicates words being composed with an input method, and restarts date fields on every key.
 */
export function useRedraw(): () => void {
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
  return redraw;
}
