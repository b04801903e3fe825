/**
 * The four figures of the sidebar, kept exact by differences. A thread's contribution is a set of flags; an event
 * replaces the old flags by the new ones. When the old ones are unknown (a thread beyond the loaded pages), the figures
 * become stale and are read again, instead of drifting.
 */
import type { Counts } from '../../../src/contract/commands.ts';
import { MOST_COUNTED } from '../../../src/contract/count-limit.ts';
import type { Thread } from '../../../src/contract/entities.ts';
import type { Cursor } from '../../../src/contract/events.ts';
import type { InboxState } from './model.ts';

const MINE = 1;
const UNASSIGNED = 2;
const ALL = 4;
const UNREAD = 8;
/** How many changes are remembered to bring a refreshed figure up to date; more than a very busy tenant has in 2 s. */
export const MAX_DELTAS = 512;

/** What a thread contributes, as bits; 0 for a resolved one. */
export function flagsOf(thread: Pick<Thread, 'status' | 'assigneeId' | 'unreadCount'>, me: string | null): number {
  if (thread.status === 'resolved') return 0;
  let flags = ALL;
  if (thread.assigneeId === null) flags |= UNASSIGNED;
  if (thread.assigneeId !== null && thread.assigneeId === me) flags |= MINE;
  if (thread.unreadCount > 0) flags |= UNREAD;
  return flags;
}

const bit = (flags: number, mask: number): number => ((flags & mask) === 0 ? 0 : 1);

/** The difference that replacing `before` by `after` makes. */
export function deltaOf(before: number, after: number): Counts {
  return {
    mine: bit(after, MINE) - bit(before, MINE),
    unassigned: bit(after, UNASSIGNED) - bit(before, UNASSIGNED),
    all: bit(after, ALL) - bit(before, ALL),
    unread: bit(after, UNREAD) - bit(before, UNREAD),
  };
}

/**
 * Adds a difference to the figures. A figure that has reached the counting limit stays there until it is read again.
 */
export function addCounts(counts: Counts, delta: Counts): Counts {
  return {
    mine: add(counts.mine, delta.mine),
    unassigned: add(counts.unassigned, delta.unassigned),
    all: add(counts.all, delta.all),
    unread: add(counts.unread, delta.unread),
  };
}

function add(count: number, delta: number): number {
  return count >= MOST_COUNTED ? count : Math.min(MOST_COUNTED, Math.max(0, count + delta));
}

const figure = new Intl.NumberFormat();

/** A figure as people read it, with a plus when there are more than were counted. */
export function shownCount(count: number, isMore = count >= MOST_COUNTED): string {
  return isMore ? `${figure.format(Math.min(count, MOST_COUNTED - 1))}+` : figure.format(count);
}

/** A full recount of the given threads; the reference that the differences must agree with. */
export function recount(threads: Iterable<Thread>, me: string | null): Counts {
  let counts: Counts = { mine: 0, unassigned: 0, all: 0, unread: 0 };
  for (const thread of threads) counts = addCounts(counts, deltaOf(0, flagsOf(thread, me)));
  return counts;
}

/**
 * Adopts freshly read figures. Figures newer than our cursor wait for the events up to them (`countsAt`); older ones
 * are brought forward by the remembered changes, or refused (and stay stale) when one of those is unknown.
 */
export function refreshCounts(state: InboxState, counts: Counts, asOf: Cursor): InboxState {
  if (state.cursor?.epoch !== asOf.epoch) return state;
  if (asOf.seq >= state.cursor.seq) return { ...state, counts, countsAt: asOf.seq, countsStale: false };
  const later = state.deltas.filter((entry) => entry.seq > asOf.seq);
  const reachesBack = state.deltas.length < MAX_DELTAS || later.length < state.deltas.length;
  if (!reachesBack || later.some((entry) => entry.delta === null)) return { ...state, countsStale: true };
  const current = later.reduce((sum, entry) => addCounts(sum, entry.delta as Counts), counts);
  return { ...state, counts: current, countsAt: asOf.seq, countsStale: false };
}
