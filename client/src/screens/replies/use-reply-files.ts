/** Files on their way into a saved reply. Each is uploaded as soon as it is chosen, one after the other. */
import { useEffect, useRef, useState } from 'react';
import type { SavedReplyFile } from '../../../../src/contract/saved-replies.ts';
import { MAX_REPLY_FILES } from '../../../../src/contract/saved-reply-text.ts';
import { refusalWords } from '../../components/refusal-words.ts';
import { actions } from '../../state/app.ts';
import type { ReplyFileAnswer } from '../../sync/upload-request.ts';

/** A chosen file that the server does not have yet. `problem`: why it will not have it; null while it may. */
export interface Adding {
  readonly key: string;
  readonly file: File;
  /** Share of the bytes that went out, 0 to 1. */
  readonly progress: number;
  readonly problem: string | null;
}

const TOO_MANY = `A saved reply has at most ${String(MAX_REPLY_FILES)} files.`;
const EMPTY = 'The file is empty.';
const NO_ANSWER = 'It did not get through. Remove it and add it again.';

const problemOf = (answer: Exclude<ReplyFileAnswer, { readonly file: SavedReplyFile }>): string =>
  answer === null ? NO_ANSWER : refusalWords(answer.error);

interface Room {
  /** How many files the reply has. */
  readonly count: number;
  readonly onFile: (file: SavedReplyFile) => void;
}

/** Removing a file, or closing the form, ends what is under way and what waits. */
export function useReplyFiles({ count, onFile }: Room) {
  const [adding, setAdding] = useState<readonly Adding[]>([]);
  const stops = useRef(new Map<string, AbortController>());
  const turn = useRef(Promise.resolve());
  useEffect(() => {
    const all = stops.current;
    return () => {
      for (const stop of all.values()) stop.abort();
    };
  }, []);
  const patch = (key: string, part: Partial<Adding>): void => {
    setAdding((known) => known.map((one) => (one.key === key ? { ...one, ...part } : one)));
  };
  const remove = (key: string): void => {
    stops.current.get(key)?.abort();
    setAdding((known) => known.filter((one) => one.key !== key));
  };
  const upload = async ({ key, file }: Adding, signal: AbortSignal): Promise<void> => {
    const onProgress = (progress: number): void => {
      patch(key, { progress });
    };
    const answer = await actions.storeReplyFile(file, { onProgress, signal });
    if (signal.aborted) return;
    if (answer === null || 'error' in answer) {
      patch(key, { problem: problemOf(answer) });
      return;
    }
    remove(key);
    onFile(answer.file);
  };
  const open = adding.filter(({ problem }) => problem === null).length;
  return {
    adding,
    isAdding: open > 0,
    isFull: count + open >= MAX_REPLY_FILES,
    remove,
    add: (files: readonly File[]): void => {
      const free = MAX_REPLY_FILES - count - open;
      const fresh = files.map((file, index): Adding => {
        const problem = file.size === 0 ? EMPTY : index < free ? null : TOO_MANY;
        return { key: crypto.randomUUID(), file, progress: 0, problem };
      });
      setAdding((known) => [...known, ...fresh]);
      for (const one of fresh.filter(({ problem }) => problem === null)) {
        const stop = new AbortController();
        stops.current.set(one.key, stop);
        turn.current = turn.current.then(async () => {
          if (!stop.signal.aborted) await upload(one, stop.signal);
        });
      }
    },
  };
}
