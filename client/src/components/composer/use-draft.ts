/** The text a person began, kept per thread. */
import { useCallback, useLayoutEffect, useState, type RefObject } from 'react';
import { actions, store } from '../../state/app.ts';
import type { Draft } from '../../state/store.ts';

const MAX_HEIGHT_PX = 220;
const EMPTY: Draft = { reply: '', note: '' };

/** The draft of a thread, and how to change a part of it. */
export function useDraft(threadId: string): readonly [Draft, (change: Partial<Draft>) => void] {
  const [draft, setDraft] = useState<Draft>(() => store.get().drafts[threadId] ?? EMPTY);
  const change = useCallback(
    (part: Partial<Draft>) => {
      setDraft((before) => {
        const next = { ...before, ...part };
        // The store hears of it after this render, never during it.
        queueMicrotask(() => {
          actions.saveDraft(threadId, next);
        });
        return next;
      });
    },
    [threadId],
  );
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
