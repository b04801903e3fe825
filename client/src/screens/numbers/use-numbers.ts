/** Loads the tenant's numbers with the details that only administrators see, again whenever one of them changes. */
import { useCallback, useEffect, useState } from 'react';
import type { AccountDetails } from '../../../../src/contract/accounts.ts';
import { actions, useApp } from '../../state/app.ts';

/** `words` says why the list could not be loaded. */
export type Numbers =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly words: string }
  | { readonly state: 'ready'; readonly items: readonly AccountDetails[] };

/** The list, and a function to load it again. */
export function useNumbers(): readonly [Numbers, () => void] {
  const [numbers, setNumbers] = useState<Numbers>({ state: 'loading' });
  const accounts = useApp((state) => state.machine.inbox.accounts);
  const isReady = useApp((state) => state.machine.isReady);
  const load = useCallback(() => {
    void actions.administer('account:list', {}).then((answer) => {
      setNumbers((before) => {
        if (answer.ok) return { state: 'ready', items: answer.data.items };
        return before.state === 'ready' ? before : { state: 'failed', words: answer.error.message };
      });
    });
  }, []);
  useEffect(() => {
    if (isReady) load();
  }, [accounts, isReady, load]);
  return [numbers, load];
}
