/** How the team is doing, read out of the state for the rail and for who leads. Pure. */
import type { Account, Member, PresenceState } from '../../../src/contract/entities.ts';
import type { VolatileState } from '../sync/volatile.ts';
import { DEFAULT_VIEW, type View } from './selectors.ts';
import type { AppState } from './store.ts';

/** Who is nearest to the next customer comes first. */
export const STATE_RANK: Readonly<Record<PresenceState, number>> = { online: 0, busy: 1, away: 2, offline: 3 };

/** What nobody has taken, the longest wait first. */
export const WAITING_VIEW: View = { ...DEFAULT_VIEW, folder: 'unassigned', order: 'oldest' };

/** How a colleague is doing: by presence when we heard of it, else as the snapshot said. */
export function presenceOf(state: AppState, memberId: string): PresenceState {
  return state.volatile.presence.get(memberId)?.state ?? state.machine.inbox.members.get(memberId)?.state ?? 'offline';
}

/** Since when a colleague is as they are; null when nobody said. */
export function presentSince(state: AppState, memberId: string): string | null {
  return state.volatile.presence.get(memberId)?.since ?? null;
}

/** Ids of all members: by state, then the busiest first, then by name. */
export function teamByState(state: AppState): readonly string[] {
  const rank = ({ id }: Member): number => STATE_RANK[presenceOf(state, id)];
  return [...state.machine.inbox.members.values()]
    .sort(
      (a, b) => rank(a) - rank(b) || b.activeThreads - a.activeThreads || a.displayName.localeCompare(b.displayName),
    )
    .map(({ id }) => id);
}

/** How many members are here, in whatever state but offline. */
export function presentCount(state: AppState): number {
  return [...state.machine.inbox.members.keys()].filter((id) => presenceOf(state, id) !== 'offline').length;
}

/** The most open conversations that anybody has. */
export function heaviestLoad({ machine }: AppState): number {
  return [...machine.inbox.members.values()].reduce((most, { activeThreads }) => Math.max(most, activeThreads), 0);
}

/** Numbers that do not work as they should. */
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

/** What each member has open: what they reply to first, then what they opened last. */
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
