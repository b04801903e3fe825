/** Loads the templates of a number that match what is typed. */
import { useCallback, useEffect, useState } from 'react';
import type { Account } from '../../../../src/contract/entities.ts';
import type { Template } from '../../../../src/contract/templates.ts';
import { actions, useApp } from '../../state/app.ts';

const TYPING_MS = 200;

/** The last answer. `words` says why a request failed; otherwise null. */
export interface Templates {
  readonly state: 'loading' | 'ready' | 'failed';
  readonly items: readonly Template[];
  readonly syncedAt: string | null;
  readonly words: string | null;
}

const LOADING: Templates = { state: 'loading', items: [], syncedAt: null, words: null };

/** Loads the matching templates. The last answer stays until the next one arrives. */
export function useTemplates(accountId: Account['id'], query: string): { templates: Templates; reload: () => void } {
  const [templates, setTemplates] = useState<Templates>(LOADING);
  const [attempt, setAttempt] = useState(0);
  const isReady = useApp((state) => state.machine.isReady);
  useEffect(() => {
    if (!isReady) return undefined;
    let isGone = false;
    const timer = setTimeout(() => {
      const q = query.trim();
      void actions.administer('template:list', { accountId, ...(q === '' ? {} : { q }) }).then((answer) => {
        if (isGone) return;
        setTemplates(
          answer.ok
            ? { state: 'ready', ...answer.data, words: null }
            : { ...LOADING, state: 'failed', words: answer.error.message },
        );
      });
    }, TYPING_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [accountId, query, isReady, attempt]);
  const reload = useCallback(() => {
    setAttempt((count) => count + 1);
  }, []);
  return { templates, reload };
}
