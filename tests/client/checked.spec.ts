import { beforeEach, describe, expect, it } from 'vitest';
import {
  allChecked,
  checkedAmong,
  checkedUpTo,
  MOST_CHECKED,
  NOTHING_CHECKED,
  toggled,
  type Checked,
} from '../../client/src/state/checked.ts';
import { BASE_KEY } from '../../client/src/state/selectors.ts';
import { INITIAL_APP, makeStore, type Store } from '../../client/src/state/store.ts';
import { outcomeOf } from '../../client/src/screens/checked/outcome.ts';
import type { Batch } from '../../client/src/sync/batch.ts';
import { makeCheckedActions, type CheckedActions } from '../../client/src/sync/checked-actions.ts';
import {
  enqueue,
  markDisconnected,
  markSent,
  MAX_OUTBOX,
  reject,
  remove,
  type NewEntry,
} from '../../client/src/sync/outbox.ts';
import { assignment, readChange, statusChange, tagChange, unreadChange } from '../../client/src/sync/thread-changes.ts';
import { applied, aFrame, aMessage, aThread, at, COLLEAGUE, id, inboxOf, ME, numbered } from './example.ts';

const ROWS = ['a', 'b', 'c', 'd', 'e'];
const MANY = Array.from({ length: 250 }, (_, index) => `row ${String(index)}`);
const idsOf = ({ ids }: Checked): readonly string[] => [...ids].sort();

describe('what is checked', () => {
  it('is toggled one by one', () => {
    const both = toggled(toggled(NOTHING_CHECKED, 'b'), 'd');
    expect(idsOf(both)).toEqual(['b', 'd']);
    expect(idsOf(toggled(both, 'b'))).toEqual(['d']);
  });

  it('is a range from the last one, up or down, besides what is checked already', () => {
    const first = toggled(NOTHING_CHECKED, 'a');
    const third = toggled(first, 'c');
    expect(idsOf(checkedUpTo(third, ROWS, third.last, 'e'))).toEqual(['a', 'c', 'd', 'e']);
    expect(idsOf(checkedUpTo(toggled(NOTHING_CHECKED, 'd'), ROWS, 'd', 'b'))).toEqual(['b', 'c', 'd']);
  });

  it('is the one alone when the list does not show where the range would begin', () => {
    expect(idsOf(checkedUpTo(NOTHING_CHECKED, ROWS, 'elsewhere', 'c'))).toEqual(['c']);
    expect(idsOf(checkedUpTo(NOTHING_CHECKED, ROWS, null, 'c'))).toEqual(['c']);
  });

  it(`is never more than ${String(MOST_CHECKED)}, and of a longer range what is next to its beginning`, () => {
    expect(allChecked(MANY).ids.size).toBe(MOST_CHECKED);
    const range = checkedUpTo(NOTHING_CHECKED, MANY, 'row 200', 'row 0');
    expect(range.ids.size).toBe(MOST_CHECKED);
    expect(range.ids.has('row 101')).toBe(true);
    expect(range.ids.has('row 100')).toBe(false);
    expect(toggled(range, 'row 0').ids.has('row 0')).toBe(false);
  });

  it('is not checked any more once it has left the list, even when it comes back', () => {
    const checked = checkedUpTo(NOTHING_CHECKED, ROWS, 'a', 'c');
    const left = checkedAmong(checked, ['a', 'c', 'e']);
    expect(idsOf(left)).toEqual(['a', 'c']);
    expect(idsOf(checkedAmong(left, ROWS))).toEqual(['a', 'c']);
    expect(checkedAmong(left, ROWS)).toBe(left);
  });
});

describe('one change of all that are checked', () => {
  const threads = [1, 2, 3, 4].map((number) => aThread(number, { version: number }));
  const [one, two, three] = [id('t', 1), id('t', 2), id('t', 3)] as const;
  let store: Store;
  let actions: CheckedActions;
  let submitted: NewEntry[];

  const resolveAll = (): boolean => actions.changeChecked('Resolve', (thread) => statusChange(thread.id, 'resolved'));

  beforeEach(() => {
    submitted = [];
    store = makeStore(
      {
        ...INITIAL_APP,
        machine: { ...INITIAL_APP.machine, inbox: inboxOf(10, threads) },
        lists: { [BASE_KEY]: { next: null, frontier: null, state: 'idle' } },
      },
      () => 0,
    );
    const commands = {
      submit: (entry: NewEntry) => {
        submitted.push(entry);
        store.update((state) => ({ ...state, outbox: enqueue(state.outbox, entry) }));
      },
      drop: (commandId: string) => {
        store.update((state) => ({ ...state, outbox: remove(state.outbox, commandId) }));
      },
    };
    actions = makeCheckedActions(store, commands);
  });

  it('is one command each, from the top of the list, with an id of its own', () => {
    for (const threadId of [one, three]) actions.toggleChecked(threadId);
    expect(resolveAll()).toBe(true);
    expect(submitted.map(({ threadId }) => threadId)).toEqual([three, one]);
    expect(new Set(submitted.map(({ commandId }) => commandId)).size).toBe(2);
    expect(store.get().batches).toMatchObject([{ label: 'Resolve', size: 2, done: 0 }]);
    expect(new Set(submitted.map(({ batchId }) => batchId))).toEqual(new Set([store.get().batches[0]?.id]));
  });

  it('leaves alone what the list does not show at that moment, though nobody has unchecked it yet', () => {
    for (const threadId of [one, two]) actions.toggleChecked(threadId);
    const resolved = aThread(2, { status: 'resolved', version: 9 });
    const [event] = numbered(11, [{ type: 'thread.updated', data: { thread: resolved } }]);
    store.update((state) => {
      const inbox = applied(state.machine.inbox, aFrame(10, 11, event === undefined ? [] : [event]));
      return { ...state, machine: { ...state.machine, inbox } };
    });
    expect(store.get().checked.ids.size).toBe(2);
    resolveAll();
    expect(submitted.map(({ threadId }) => threadId)).toEqual([one]);
    actions.uncheckGone();
    expect([...store.get().checked.ids]).toEqual([one]);
  });

  it('follows another one that is not over, up to five of them, and room is left for single changes', () => {
    actions.toggleChecked(one);
    for (let count = 1; count <= 5; count += 1) expect(resolveAll()).toBe(true);
    expect(store.get().batches).toHaveLength(5);
    expect(submitted.map(({ batchId }) => batchId)).toEqual(store.get().batches.map(({ id: batchId }) => batchId));
    expect(resolveAll()).toBe(false);
    store.update((state) => ({ ...state, outbox: [] }));
    const waiting = Array.from({ length: MAX_OUTBOX - 50 }, (_, index) => ({
      ...{ commandId: String(index), name: 'message:send', input: {}, threadId: one, createdAt: at(0) },
      ...({ state: 'waiting', attempts: 0, error: null } as const),
    })) as never[];
    store.update((state) => ({ ...state, outbox: waiting }));
    expect(resolveAll()).toBe(false);
    store.update((state) => ({ ...state, outbox: waiting.slice(1) }));
    expect(resolveAll()).toBe(true);
    expect(submitted).toHaveLength(6);
  });

  it('is stopped: what has left goes on, what has not is not done', () => {
    actions.checkAll();
    resolveAll();
    store.update((state) => ({ ...state, outbox: markSent(state.outbox, submitted[0]?.commandId ?? '', 0) }));
    // Unanswered over a lost connection it may have been carried out.
    store.update((state) => ({ ...state, outbox: markDisconnected(state.outbox) }));
    const batch = store.get().batches[0] as Batch;
    actions.stopBatch(batch);
    expect(store.get().outbox.map(({ commandId }) => commandId)).toEqual([submitted[0]?.commandId]);
    expect(store.get().batches).toMatchObject([{ size: 4, stopped: 3 }]);
    actions.stopBatch(batch);
    expect(store.get().batches).toMatchObject([{ size: 4, stopped: 3 }]);
    store.update((state) => ({ ...state, outbox: [] }));
    expect(outcomeOf({ ...batch, done: 1, stopped: 3 }, [])).toBe('Resolve: 1 done, 3 not begun.');
  });

  it('is followed by the next, which gives up what was refused before', () => {
    actions.toggleChecked(one);
    resolveAll();
    const refused = submitted[0]?.commandId ?? '';
    const error = { code: 'forbidden', message: 'No.' } as const;
    store.update((state) => ({ ...state, outbox: reject(state.outbox, refused, error) }));
    // Unread refusals stay while more is selected.
    actions.toggleChecked(two);
    expect(store.get().batches).toHaveLength(1);
    resolveAll();
    expect(store.get().outbox.map(({ commandId }) => commandId)).not.toContain(refused);
    expect(store.get().batches).toMatchObject([{ size: 2 }]);
  });

  it('that cannot begin leaves what was refused before', () => {
    actions.toggleChecked(one);
    resolveAll();
    const refused = submitted[0]?.commandId ?? '';
    const waiting = Array.from({ length: MAX_OUTBOX }, (_, index) => ({
      ...{ commandId: String(index), name: 'message:send', input: {}, threadId: one, createdAt: at(0) },
      ...({ state: 'waiting', attempts: 0, error: null } as const),
    })) as never[];
    const error = { code: 'forbidden', message: 'No.' } as const;
    store.update((state) => ({ ...state, outbox: [...reject(state.outbox, refused, error), ...waiting] }));
    expect(resolveAll()).toBe(false);
    expect(store.get().outbox.map(({ commandId }) => commandId)).toContain(refused);
    expect(store.get().batches).toHaveLength(1);
  });

  it('is over with the next selection when everything was done', () => {
    actions.toggleChecked(one);
    resolveAll();
    store.update((state) => ({ ...state, outbox: [] }));
    actions.toggleChecked(two);
    expect(store.get().batches).toEqual([]);
  });

  it('makes unread what is read, and leaves what is unread already', () => {
    const unread = aThread(2, { unreadCount: 2 });
    store.update((state) => ({ ...state, machine: { ...state.machine, inbox: inboxOf(10, [aThread(1), unread]) } }));
    actions.checkAll();
    actions.changeChecked('Mark as unread', unreadChange);
    expect(submitted.map(({ name, input }) => [name, input])).toEqual([['thread:mark-unread', { threadId: one }]]);
    expect(store.get().batches).toMatchObject([{ size: 2, done: 1 }]);
  });

  it('counts as done what needs no change, and tells no customer that nobody has read', () => {
    const unread = aThread(2, { unreadCount: 2, lastMessage: { ...aMessage(7), preview: '', at: at(7) } });
    store.update((state) => ({ ...state, machine: { ...state.machine, inbox: inboxOf(10, [aThread(1), unread]) } }));
    actions.checkAll();
    actions.changeChecked('Mark as read', readChange);
    expect(submitted.map(({ name, input }) => [name, input])).toEqual([
      ['thread:read', { threadId: two, upToMessageId: id('m', 7), receipt: false }],
    ]);
    expect(store.get().batches).toMatchObject([{ size: 2, done: 1 }]);
  });
});

describe('a change', () => {
  it('names the version that the person saw where somebody is given a conversation, and nowhere else', () => {
    const thread = aThread(1, { version: 7, assigneeId: COLLEAGUE as never });
    expect(assignment(thread.id, thread, ME)).toMatchObject({
      input: { assigneeId: ME, expectedVersion: 7 },
      seenAssigneeId: COLLEAGUE,
    });
    expect(assignment(thread.id, thread, null).input).toEqual({ threadId: thread.id, assigneeId: null });
    expect(statusChange(thread.id, 'open').input).toEqual({ threadId: thread.id, status: 'open' });
    expect(tagChange(thread.id, { add: ['vip'] }).input).toEqual({ threadId: thread.id, add: ['vip'] });
  });
});
