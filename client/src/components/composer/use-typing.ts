/**
 * Tells colleagues and the customer that somebody is typing: repeated at most every 3 s, off after 4 s without a key.
 */
import { useCallback, useEffect, useRef } from 'react';
import { localNow } from '../../clock.ts';
import { actions } from '../../state/app.ts';

const REPEAT_MS = 3000;
const IDLE_MS = 4000;

/** Call `note` on every change and `stop` on send and blur. `note` does nothing unless `isOn`. */
export function useTyping(threadId: string, isOn: boolean): { note: (text: string) => void; stop: () => void } {
  const sentAt = useRef<number | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const stop = useCallback(() => {
    clearTimeout(timer.current);
    if (sentAt.current !== null) actions.setTyping(threadId, false);
    sentAt.current = null;
  }, [threadId]);
  const note = useCallback(
    (text: string) => {
      if (!isOn) return;
      clearTimeout(timer.current);
      if (text.trim() === '') {
        stop();
        return;
      }
      timer.current = setTimeout(stop, IDLE_MS);
      const now = localNow();
      if (sentAt.current !== null && now - sentAt.current < REPEAT_MS) return;
      sentAt.current = now;
      actions.setTyping(threadId, true);
    },
    [isOn, stop, threadId],
  );
  useEffect(() => stop, [stop]);
  return { note, stop };
}
