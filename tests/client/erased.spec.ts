/** Of a conversation whose customer was erased, nothing is kept in the browser. */
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/contract/events.ts';
import { erasedIn, forgetErased, unsureThreads } from '../../client/src/state/erased.ts';
import { INITIAL_APP, makeStore, type AppState } from '../../client/src/state/store.ts';
import { Delivery } from '../../client/src/sync/delivery.ts';
import { makeKeptActions } from '../../client/src/sync/kept-actions.ts';
import { enqueue, EMPTY_OUTBOX, type NewEntry } from '../../client/src/sync/outbox.ts';
import { aThread, at, id, inboxOf, numbered } from './example.ts';

const [GONE, OTHER] = [id('t', 1) as string, id('t', 2) as string];
const DRAFT = { reply: 'dear', note: '' };
const FILE = new File(['bytes'], 'photo.png');

const aSend = (threadId: string): NewEntry => ({
  ...{ commandId: `send ${threadId}`, name: 'message:send', threadId, createdAt: at(1) },
  input: { text: 'a word' },
});

const both = <T>(value: T): Record<string, T> => ({ [GONE]: value, [OTHER]: value });

const FULL: AppState = {
  ...INITIAL_APP,
  drafts: both(DRAFT),
  tray: both([FILE]),
  forms: both({ location: { where: 'here', name: '', address: '' } }),
  outbox: enqueue(enqueue(EMPTY_OUTBOX, aSend(GONE)), aSend(OTHER)),
};

describe('what was begun in a conversation', () => {
  it('goes with it, and what was begun in others stays', () => {
    const left = forgetErased(FULL, [GONE]);
    expect([left.drafts, left.tray, left.forms].map((parts) => Object.keys(parts))).toEqual([
      [OTHER],
      [OTHER],
      [OTHER],
    ]);
    expect(left.outbox.map(({ threadId }) => threadId)).toEqual([OTHER]);
    expect(left.erased).toEqual(new Set([GONE]));
    expect(forgetErased(left, [])).toBe(left);
    expect(forgetErased(left, [id('t', 9)]).drafts).toBe(left.drafts);
  });

  it('is not kept when it comes late: the end of a recording, a command, a word', () => {
    const store = makeStore(forgetErased(FULL, [GONE]), () => 0);
    const actions = makeKeptActions(store);
    actions.chooseFiles(GONE, [FILE]);
    actions.saveDraft(GONE, DRAFT);
    actions.keepForm(GONE, { location: { where: 'there', name: '', address: '' } });
    new Delivery(store, () => Promise.resolve(null)).submit(aSend(GONE));
    const { drafts, tray, forms, outbox } = store.get();
    expect([drafts, tray, forms].map((parts) => GONE in parts)).toEqual([false, false, false]);
    expect(outbox.map(({ threadId }) => threadId)).toEqual([OTHER]);
  });
});

describe('a conversation', () => {
  it('is erased where its removal says so, and not where it was merged or given away', () => {
    const removed = (reason: string): Event =>
      numbered(1, [{ type: 'thread.removed', data: { threadId: GONE, reason } } as never])[0] as Event;
    expect(erasedIn([removed('erased')])).toEqual([GONE]);
    expect(['merged', 'assigned_away', 'permissions'].flatMap((reason) => erasedIn([removed(reason)]))).toEqual([]);
  });

  it('is asked about when something of it is kept, or it is open, and no event would have told of it', () => {
    const open = { ...FULL, ui: { ...FULL.ui, selectedId: id('t', 3) } };
    expect([...unsureThreads(open)].sort()).toEqual([GONE, OTHER, id('t', 3)]);
    const machine = { ...open.machine, snapshot: 'none', inbox: inboxOf(1, [aThread(1), aThread(3)]) } as const;
    expect(unsureThreads({ ...open, machine })).toEqual([OTHER]);
    // Before a snapshot that is wanted, what is known may be of long ago.
    expect(unsureThreads({ ...open, machine: { ...machine, snapshot: 'asked' } })).toHaveLength(3);
    const odd = { ...INITIAL_APP, drafts: { beginning: DRAFT, ['-'.repeat(36)]: DRAFT } };
    expect(unsureThreads(odd)).toEqual([]);
  });
});
