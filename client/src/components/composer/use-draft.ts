/** Unsent text, kept per thread. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import { actions, store, useApp } from '../../state/app.ts';
import type { Draft } from '../../state/store.ts';

const MAX_HEIGHT_PX = 220;
const EMPTY: Draft = { reply: '', note: '' };

const keptOf = (threadId: string): Draft => store.get().drafts[threadId] ?? EMPTY;

/** The draft of a thread and a function to change part of it. Follows changes made in another window of this person. */
export function useDraft(threadId: string): readonly [Draft, (change: Partial<Draft>) => void] {
  const kept = useApp((state) => state.drafts[threadId] ?? EMPTY);
  const [draft, setDraft] = useState(kept);
  const own = useRef(kept);
  const change = useCallback(
    (part: Partial<Draft>) => {
      setDraft((before) => {
        const next = { ...before, ...part };
        // Update the store after this render, never during it.
        queueMicrotask(() => {
          actions.saveDraft(threadId, next);
          own.current = keptOf(threadId);
        });
        return next;
      });
    },
    [threadId],
  );
  useEffect(() => {
    const now = keptOf(threadId);
    if (now === own.current) return;
    own.current = now;
    setDraft(now);
  }, [kept, threadId]);
  return [draft, change];
}

/** Lets a text field grow with its text, up to a limit. */
export function useGrowing(area: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = area.current;
    if (element === null) return;
    element.style.height = 'auto';
    element.style.height = `${String(Math.min(MAX_HEIGHT_PX, element.scrollHeight))}px`;
  }, [area, text]);
}
