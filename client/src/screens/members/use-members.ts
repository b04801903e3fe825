/**
 * Loads the team with the details that only administrators see, again whenever somebody joins, leaves or changes role
 * or name.
 */
import { useCallback, useEffect, useState } from 'react';
import type { MemberDetails } from '../../../../src/contract/members.ts';
import { refusalWords } from '../../components/refusal-words.ts';
import { actions, useApp } from '../../state/app.ts';

/** `words` says why the list could not be loaded. */
export type Members =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly words: string }
  | { readonly state: 'ready'; readonly items: readonly MemberDetails[] };

/** The list, and a function to load it again. */
export function useMembers(): readonly [Members, () => void] {
  const [members, setMembers] = useState<Members>({ state: 'loading' });
  // Compared as text, because the workloads of members change all day and do not matter here.
  const team = useApp((state) =>
    [...state.machine.inbox.members.values()].map(({ id, role, displayName }) => [id, role, displayName].join()).join(),
  );
  const isReady = useApp((state) => state.machine.isReady);
  const load = useCallback(() => {
    void actions.administer('member:list', {}).then((answer) => {
      setMembers((before) => {
        if (answer.ok) return { state: 'ready', items: answer.data.items };
        return before.state === 'ready' ? before : { state: 'failed', words: refusalWords(answer.error) };
      });
    });
  }, []);
  useEffect(() => {
    if (isReady) load();
  }, [team, isReady, load]);
  return [members, load];
}
