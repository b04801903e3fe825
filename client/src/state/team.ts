/** How the team is doing, computed from the state for the rail and the team screen. Pure. */
import type { Account, Member, PresenceState } from '../../../src/contract/entities.ts';
import type { VolatileState } from '../sync/volatile.ts';
import { DEFAULT_VIEW, type View } from './selectors.ts';
import type { AppState } from './store.ts';

/** Sort order: whoever is most available for the next customer comes first. */
export const STATE_RANK: Readonly<Record<PresenceState, number>> = { online: 0, busy: 1, away: 2, offline: 3 };

/** Unassigned threads, longest wait first. */
export const WAITING_VIEW: View = { ...DEFAULT_VIEW, folder: 'unassigned', order: 'oldest' };

/** A colleague's presence: the last one heard of, else the one in the snapshot. */
export function presenceOf(state: AppState, memberId: string): PresenceState {
  return state.volatile.presence.get(memberId)?.state ?? state.machine.inbox.members.get(memberId)?.state ?? 'offline';
}

/** Since when a colleague has had this presence; null when unknown. */
export function presentSince(state: AppState, memberId: string): string | null {
  return state.volatile.presence.get(memberId)?.since ?? null;
}

/** Ids of all members, sorted by presence, then busiest first, then by name. */
export function teamByState(state: AppState): readonly string[] {
  const rank = ({ id }: Member): number => STATE_RANK[presenceOf(state, id)];
  return [...state.machine.inbox.members.values()]
    .sort(
      (a, b) => rank(a) - rank(b) || b.activeThreads - a.activeThreads || a.displayName.localeCompare(b.displayName),
    )
    .map(({ id }) => id);
}

/** How many members are not offline. */
export function presentCount(state: AppState): number {
  return [...state.machine.inbox.members.keys()].filter((id) => presenceOf(state, id) !== 'offline').length;
}

/** The highest number of active conversations that any member has. */
export function heaviestLoad({ machine }: AppState): number {
  return [...machine.inbox.members.values()].reduce((most, { activeThreads }) => Math.max(most, activeThreads), 0);
}

/** Numbers that are not connected. */
export function troubledNumbers({ machine }: AppState): readonly Account[] {
  return [...machine.inbox.accounts.values()].filter(({ state }) => state !== 'connected');
}

/** A conversation somebody has open. */
export interface Attention {
  readonly threadId: string;
  readonly state: 'viewing' | 'replying';
  readonly since: string;
}

const byWeight = (a: Attention, b: Attention): number => {
  if (a.state !== b.state) return a.state === 'replying' ? -1 : 1;
  if (a.since !== b.since) return a.since > b.since ? -1 : 1;
  return a.threadId < b.threadId ? -1 : 1;
};

/** What each member has open: conversations they are replying to first, then the most recently opened. */
export function attentionByMember(viewing: VolatileState['viewing']): ReadonlyMap<string, readonly Attention[]> {
  const found = new Map<string, Attention[]>();
  for (const [threadId, viewers] of viewing) {
    for (const { memberId, state, since } of viewers) {
      const known = found.get(memberId);
      if (known === undefined) found.set(memberId, [{ threadId, state, since }]);
      else known.push({ threadId, state, since });
    }
  }
  for (const open of found.values()) open.sort(byWeight);
  return found;
}
