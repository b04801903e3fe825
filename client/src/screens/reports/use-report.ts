/** Loads the report of a range, and again every minute while the tab is visible. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Report } from '../../../../src/contract/reports.ts';
import { refusalWords } from '../../components/refusal-words.ts';
import { actions, useApp } from '../../state/app.ts';
import { reportedOn } from '../../state/role.ts';
import { rangeProblem, type Range } from '../../state/reports.ts';

/** `words` says why the report could not be loaded. */
export type Reading =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly words: string }
  | { readonly state: 'ready'; readonly report: Report };

/** `key` identifies the request that `reading` answers. */
interface Kept {
  readonly key: string;
  readonly reading: Reading;
}

const AGAIN_MS = 60_000;
const LOADING: Reading = { state: 'loading' };

/**
 * The report, and a function to load it again. If a later load fails, the report on screen stays, since it states
 * itself until when it counts. It is replaced when the range changes, or when the person may see more or less.
 */
export function useReport({ from, to }: Range): readonly [Reading, () => void] {
  const of = useApp(reportedOn);
  const isReady = useApp((state) => state.machine.isReady);
  const key = `${of} ${from} ${to}`;
  const [kept, setKept] = useState<Kept>({ key, reading: LOADING });
  const latest = useRef(0);
  const load = useCallback(() => {
    if (rangeProblem({ from, to }) !== null) return;
    const asked = (latest.current += 1);
    void actions.readReport({ from, to }).then((answer) => {
      if (asked !== latest.current) return;
      setKept((before) => {
        if (answer.ok) return { key, reading: { state: 'ready', report: answer.data } };
        if (before.key === key && before.reading.state === 'ready') return before;
        return { key, reading: { state: 'failed', words: refusalWords(answer.error) } };
      });
    });
  }, [key, from, to]);
  useEffect(() => {
    if (!isReady) return undefined;
    load();
    const loadIfSeen = (): void => {
      if (document.visibilityState === 'visible') load();
    };
    const timer = setInterval(loadIfSeen, AGAIN_MS);
    document.addEventListener('visibilitychange', loadIfSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', loadIfSeen);
      latest.current += 1;
    };
  }, [isReady, load]);
  const again = useCallback(() => {
    setKept({ key, reading: LOADING });
    load();
  }, [key, load]);
  return [kept.key === key ? kept.reading : LOADING, again];
}
