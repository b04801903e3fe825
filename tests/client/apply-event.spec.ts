import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Thread } from '../../src/contract/entities.ts';
import type { Event } from '../../src/contract/events.ts';
import { applyFrame, fromSnapshot, mergeThreads } from '../../client/src/sync/apply-event.ts';
import { addCounts, MAX_DELTAS, recount, refreshCounts, shownCount } from '../../client/src/sync/counts.ts';
import { EMPTY_INBOX, type InboxState } from '../../client/src/sync/model.ts';
import { compareThreads } from '../../client/src/sync/order.ts';
import { cloudCapabilities } from '../../src/providers/cloud/capabilities.ts';
import {
  aFrame,
  aMember,
  aMessage,
  anAccount,
  aSnapshot,
  aThread,
  at,
  COLLEAGUE,
  id,
  inboxOf,
  ME,
  numbered,
  applied,
  texts,
  withTimeline,
} from './example.ts';

/** A tenant that changes at random; the truth the client must agree with. */
interface Model {
  readonly threads: Map<string, Thread>;
  readonly events: Event[];
}

type Change = readonly [kind: number, thread: number, value: number];

function change(model: Model, [kind, number, value]: Change): void {
  const known = model.threads.get(id('t', number));
  const seq = model.events.length + 1;
  const push = (event: Omit<Event, 'seq' | 'at'>): void => void model.events.push(...numbered(seq, [event]));
  if (known === undefined) {
    const thread = aThread(number, { lastActivityAt: at(value), unreadCount: value % 2 });
    model.threads.set(thread.id, thread);
    push({ type: 'thread.created', data: { thread } });
    return;
  }
  if (kind === 0) {
    model.threads.delete(known.id);
    push({ type: 'thread.removed', data: { threadId: known.id, reason: 'assigned_away' } });
    return;
  }
  const patches: Partial<Thread>[] = [
    {},
    { assigneeId: [null, ME, COLLEAGUE][value % 3] as Thread['assigneeId'] },
    { status: (['open', 'pending', 'snoozed', 'resolved'] as const)[value % 4] as Thread['status'] },
    { unreadCount: value % 3 },
    { lastActivityAt: at(value) },
  ];
  const thread = { ...known, ...patches[kind], version: known.version + 1 };
  model.threads.set(thread.id, thread);
  push({ type: 'thread.updated', data: { thread } });
}

const seqOf = (state: InboxState): number => state.cursor?.seq ?? 0;
const caughtUp = (state: InboxState, model: Model): InboxState =>
  applied(state, aFrame(seqOf(state), model.events.length, model.events.slice(seqOf(state))));

const changes = fc.array(fc.tuple(fc.nat(4), fc.nat(7), fc.nat(50)), { minLength: 1, maxLength: 60 });

function modelOf(list: readonly Change[]): Model {
  const model: Model = { threads: new Map(), events: [] };
  for (const one of list) change(model, one);
  return model;
}

/** Everything a person could see, without the bookkeeping. */
const visible = (state: InboxState): unknown => ({
  cursor: state.cursor,
  threads: [...state.threads].sort(),
  order: state.order,
  counts: state.counts,
  timelines: [...state.timelines],
});

describe('a frame', () => {
  it('applied twice is the same as applied once', () => {
    const thread = aThread(1, { version: 2, unreadCount: 1 });
    const events = numbered(11, [
      { type: 'message.created', data: { message: aMessage(1) } },
      { type: 'thread.updated', data: { thread } },
    ]);
    const once = applied(withTimeline(inboxOf(10, [aThread(1)])), aFrame(10, 12, events));
    expect(visible(applied(once, aFrame(10, 12, events)))).toEqual(visible(once));
    expect(once.counts.unread).toBe(1);
  });

  it('that overlaps what is known changes only what is new', () => {
    const events = numbered(11, [
      { type: 'message.created', data: { message: aMessage(1) } },
      { type: 'message.created', data: { message: aMessage(2) } },
    ]);
    const first = applied(withTimeline(inboxOf(10, [aThread(1)])), aFrame(10, 11, events.slice(0, 1)));
    const second = applied(first, aFrame(10, 12, events));
    expect(texts(second)).toEqual(['message 1', 'message 2']);
    expect(second.cursor?.seq).toBe(12);
  });

  it('gives the same state however the events are cut into frames', () => {
    fc.assert(
      fc.property(changes, fc.array(fc.nat(60), { maxLength: 6 }), (list, cuts) => {
        const { events } = modelOf(list);
        const whole = applied(inboxOf(0, []), aFrame(0, events.length, events));
        const borders = [...new Set([0, ...cuts.filter((cut) => cut < events.length), events.length])].sort(
          (a, b) => a - b,
        );
        const pieces = borders.slice(1).reduce(
          (state, to, index) => {
            const from = borders[index] ?? 0;
            return applied(state, aFrame(from, to, events.slice(from, to)));
          },
          inboxOf(0, []),
        );
        expect(visible(pieces)).toEqual(visible(whole));
      }),
    );
  });

  it('without events moves the cursor, and never back', () => {
    const state = applied(inboxOf(10, []), aFrame(10, 25));
    expect(state.cursor?.seq).toBe(25);
    expect(applied(state, aFrame(3, 9)).cursor?.seq).toBe(25);
  });

  it('that begins above the cursor asks to resync', () => {
    expect(applyFrame(inboxOf(10, []), aFrame(11, 12)).kind).toBe('resync');
  });

  it('of another epoch asks to resync, even when its numbers fit', () => {
    expect(applyFrame(inboxOf(10, []), aFrame(10, 11, [], 'second')).kind).toBe('resync');
  });

  it('before any snapshot asks to resync', () => {
    expect(applyFrame(EMPTY_INBOX, aFrame(0, 1)).kind).toBe('resync');
  });

  it('with an event of a later protocol moves on without it', () => {
    const unknown = { seq: 11, at: at(0), type: 'thread.painted', data: {} } as unknown as Event;
    expect(applied(inboxOf(10, []), aFrame(10, 11, [unknown])).cursor?.seq).toBe(11);
  });

  it('leaves the given state untouched', () => {
    const before = inboxOf(10, [aThread(1)]);
    const copy = structuredClone(before);
    applied(
      before,
      aFrame(10, 11, numbered(11, [{ type: 'thread.removed', data: { threadId: id('t', 1), reason: 'merged' } }])),
    );
    expect(before).toEqual(copy);
  });
});

describe('threads', () => {
  it('never go back to a lower version', () => {
    const newer = aThread(1, { version: 5, status: 'pending' });
    const stale = numbered(11, [{ type: 'thread.updated', data: { thread: aThread(1, { version: 4 }) } }]);
    const state = applied(mergeThreads(inboxOf(10, [aThread(1)]), [newer], 10), aFrame(10, 11, stale));
    expect(state.threads.get(id('t', 1))).toEqual(newer);
    expect(mergeThreads(state, [aThread(1, { version: 3 })], 11)).toBe(state);
  });

  it('are listed by latest activity whatever happens', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const model = modelOf(list);
        const state = applied(inboxOf(0, []), aFrame(0, model.events.length, model.events));
        expect(state.order).toEqual([...model.threads.values()].sort(compareThreads).map((thread) => thread.id));
      }),
    );
  });

  it('that leave the view take their messages with them', () => {
    const event = numbered(11, [{ type: 'thread.removed', data: { threadId: id('t', 1), reason: 'assigned_away' } }]);
    const state = applied(withTimeline(inboxOf(10, [aThread(1), aThread(2)])), aFrame(10, 11, event));
    expect([...state.threads.keys()]).toEqual([id('t', 2)]);
    expect(state.timelines.size).toBe(0);
    expect(state.counts.all).toBe(1);
  });

  it('that left are not brought back by a page asked for before, but by one asked for after', () => {
    const event = numbered(11, [{ type: 'thread.removed', data: { threadId: id('t', 1), reason: 'assigned_away' } }]);
    const state = applied(inboxOf(10, [aThread(1)]), aFrame(10, 11, event));
    expect(mergeThreads(state, [aThread(1)], 10).threads.size).toBe(0);
    expect(mergeThreads(state, [aThread(1)], 11).threads.size).toBe(1);
  });

  it('teach the list of tags', () => {
    const event = numbered(11, [
      { type: 'thread.updated', data: { thread: aThread(1, { version: 2, tags: ['vip'] }) } },
    ]);
    expect(applied(inboxOf(10, [aThread(1)]), aFrame(10, 11, event)).tags).toEqual(['vip']);
  });
});

describe('counts', () => {
  it('that nobody counts further say so, and stay until they are read again', () => {
    const many = { mine: 9_999, unassigned: 10_000, all: 10_000, unread: 1 };
    const one = { mine: 1, unassigned: -1, all: 1, unread: -1 };
    const after = addCounts(many, one);
    expect(after).toEqual({ mine: 10_000, unassigned: 10_000, all: 10_000, unread: 0 });
    expect([shownCount(after.mine), shownCount(after.unread)]).toEqual(['9,999+', '0']);
    expect([shownCount(12_000, false), shownCount(100, true)]).toEqual(['12,000', '100+']);
  });

  it('equal a recount after any history, with pages read at any moment', () => {
    fc.assert(
      fc.property(
        changes,
        changes,
        fc.array(fc.nat(60), { maxLength: 4 }),
        fc.nat(8),
        (before, after, reads, limit) => {
          const model = modelOf(before);
          const start = model.events.length;
          const all = [...model.threads.values()].sort(compareThreads);
          let state = inboxOf(start, all, all.slice(0, limit));
          for (const [index, one] of after.entries()) {
            change(model, one);
            // A page shows the tenant as it is now, ahead of the events this client has applied.
            if (reads.includes(index)) state = mergeThreads(state, [...model.threads.values()], seqOf(state));
            if (index % 3 === 0) state = caughtUp(state, model);
          }
          state = caughtUp(state, model);
          const truth = recount(model.threads.values(), ME);
          if (state.countsStale) state = refreshCounts(state, truth, { epoch: 'first', seq: model.events.length });
          expect(state.counts).toEqual(truth);
          expect(state.countsStale).toBe(false);
        },
      ),
    );
  });

  it('are exact without asking again when every thread was loaded', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const model = modelOf(list);
        const state = applied(inboxOf(0, []), aFrame(0, model.events.length, model.events));
        expect(state.countsStale).toBe(false);
        expect(state.counts).toEqual(recount(model.threads.values(), ME));
      }),
    );
  });

  it('become stale, not wrong, when a thread beyond the loaded pages changes', () => {
    const far = aThread(9, { version: 7, status: 'resolved' });
    const state = inboxOf(10, [aThread(1), aThread(9, { version: 6 })], [aThread(1)]);
    const next = applied(state, aFrame(10, 11, numbered(11, [{ type: 'thread.updated', data: { thread: far } }])));
    expect(next.countsStale).toBe(true);
    expect(next.counts).toEqual(state.counts);
  });

  it('read ahead of the stream do not count the events below them twice', () => {
    const events = numbered(11, [{ type: 'thread.created', data: { thread: aThread(2) } }]);
    const fresh = recount([aThread(1), aThread(2)], ME);
    const state = refreshCounts(inboxOf(10, [aThread(1)]), fresh, { epoch: 'first', seq: 11 });
    expect(applied(state, aFrame(10, 11, events)).counts).toEqual(fresh);
  });

  it('read behind the stream are brought forward by what happened since', () => {
    const events = numbered(11, [{ type: 'thread.created', data: { thread: aThread(2) } }]);
    const state = applied(inboxOf(10, [aThread(1)]), aFrame(10, 11, events));
    expect(refreshCounts(state, recount([aThread(1)], ME), { epoch: 'first', seq: 10 }).counts.all).toBe(2);
  });

  it('read too far behind stay stale', () => {
    const events = numbered(
      11,
      Array.from(
        { length: MAX_DELTAS + 1 },
        (_, index) => ({ type: 'thread.created', data: { thread: aThread(index + 2) } }) as const,
      ),
    );
    const state = applied(inboxOf(10, [aThread(1)]), aFrame(10, 11 + MAX_DELTAS, events));
    expect(refreshCounts(state, state.counts, { epoch: 'first', seq: 10 }).countsStale).toBe(true);
  });

  it('of another epoch are ignored', () => {
    const state = inboxOf(10, [aThread(1)]);
    expect(refreshCounts(state, recount([], ME), { epoch: 'second', seq: 99 })).toBe(state);
  });
});

describe('members and accounts', () => {
  it('are replaced as they change', () => {
    const events = numbered(11, [
      { type: 'member.updated', data: { member: { ...aMember(ME), state: 'busy' } } },
      { type: 'account.updated', data: { account: { ...anAccount(), state: 'reauth' } } },
    ]);
    const state = applied(inboxOf(10, []), aFrame(10, 12, events));
    expect(state.members.get(ME)?.state).toBe('busy');
    expect(state.accounts.get(id('a', 1))?.state).toBe('reauth');
  });

  it('a member who was removed is gone', () => {
    const removal = numbered(11, [{ type: 'member.updated', data: { member: aMember(ME), removed: true } }]);
    expect(applied(inboxOf(10, []), aFrame(10, 11, removal)).members.has(ME)).toBe(false);
  });

  it('a number keeps what it can do when its state changes', () => {
    const account = { ...anAccount(), capabilities: cloudCapabilities };
    const before = fromSnapshot({ ...aSnapshot(10, []), accounts: [account] }, ME);
    const events = numbered(11, [
      { type: 'account.updated', data: { account: { ...anAccount(), state: 'degraded' } } },
    ]);
    expect(applied(before, aFrame(10, 11, events)).accounts.get(account.id)).toEqual({ ...account, state: 'degraded' });
  });

  it('a number that was added meanwhile can do what others of its carrier can', () => {
    const account = { ...anAccount(), capabilities: cloudCapabilities };
    const before = fromSnapshot({ ...aSnapshot(10, []), accounts: [account] }, ME);
    const fresh = { ...anAccount(), id: id('a', 2) };
    const events = numbered(11, [
      { type: 'account.updated', data: { account: fresh } },
      { type: 'account.updated', data: { account: { ...fresh, id: id('a', 3), provider: 'twilio' } } },
    ]);
    const { accounts } = applied(before, aFrame(10, 12, events));
    expect(accounts.get(fresh.id)?.capabilities).toEqual(cloudCapabilities);
    expect(accounts.get(id('a', 3))?.capabilities).toBeUndefined();
  });
});
