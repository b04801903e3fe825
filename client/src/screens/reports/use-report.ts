/** The report of a range, read again every minute while it is on screen. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Report } from '../../../../src/contract/reports.ts';
import { refusalWords } from '../../components/refusal-words.ts';
import { actions, useApp } from '../../state/app.ts';
import { rangeProblem, type Range } from '../../state/reports.ts';

/** `words` say why it could not be read. */
export type Reading =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly words: string }
  | { readonly state: 'ready'; readonly report: Report };

const AGAIN_MS = 60_000;
const LOADING: Reading = { state: 'loading' };

/** What is on screen stays there when reading it again fails: it says itself until when it counts. */
export function useReport({ from, to }: Range): readonly [Reading, () => void] {
  const key = `${from} ${to}`;
  const [read, setRead] = useState<{ readonly key: string; readonly reading: Reading }>({ key, reading: LOADING });
  const isReady = useApp((state) => state.machine.isReady);
  const latest = useRef(0);
  const load = useCallback(() => {
    if (rangeProblem({ from, to }) !== null) return;
    const asked = (latest.current += 1);
    void actions.readReport({ from, to }).then((answer) => {
      if (asked !== latest.current) return;
      setRead((before) => {
        if (answer.ok) return { key: `${from} ${to}`, reading: { state: 'ready', report: answer.data } };
        const isShown = before.key === `${from} ${to}` && before.reading.state === 'ready';
        const failed = { state: 'failed', words: refusalWords(answer.error) } as const;
        return isShown ? before : { key: `${from} ${to}`, reading: failed };
      });
    });
  }, [from, to]);
  useEffect(() => {
    if (!isReady) return undefined;
    load();
    const timer = setInterval(load, AGAIN_MS);
    return () => {
      clearInterval(timer);
      latest.current += 1;
    };
  }, [isReady, load]);
  const again = useCallback(() => {
    setRead({ key, reading: LOADING });
    load();
  }, [key, load]);
  return [read.key === key ? read.reading : LOADING, again];
}
