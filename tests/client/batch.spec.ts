import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { COMMANDS } from '../../src/contract/commands.ts';
import { invalidInput } from '../../src/contract/errors.ts';
import { forgetErased } from '../../client/src/state/erased.ts';
import { hasUnsent } from '../../client/src/state/unsent.ts';
import { INITIAL_APP, makeStore, type Store } from '../../client/src/state/store.ts';
import { outcomeOf } from '../../client/src/screens/checked/outcome.ts';
import { progressOf, type Batch } from '../../client/src/sync/batch.ts';
import { Delivery, type Ask } from '../../client/src/sync/delivery.ts';
import { markDisconnected, renew, type Entry, type NewEntry } from '../../client/src/sync/outbox.ts';
import { putAway, statusChange } from '../../client/src/sync/thread-changes.ts';
import { step } from '../../client/src/sync/update-machine.ts';
import { aMessage, aThread, at, COLLEAGUE, id, inboxOf, ME } from './example.ts';

const BATCH: Batch = { id: 'batch', label: 'Resolve', size: 40, done: 0, erased: 0, stopped: 0 };
const DONE = { ok: true, data: { thread: aThread(1) } };

const ofBatch = (number: number): NewEntry => ({
  commandId: `batch ${String(number)}`,
  name: 'thread:assign',
  threadId: id('t', number),
  input: { threadId: id('t', number), assigneeId: ME, expectedVersion: 1 },
  seenAssigneeId: null,
  createdAt: at(0),
  batchId: BATCH.id,
});
const aSend = (commandId: string, number: number): NewEntry => ({
  ...{ commandId, name: 'message:send', threadId: id('t', number), createdAt: at(0) },
  input: { kind: 'text', text: commandId },
});

describe('a batch', () => {
  let store: Store;
  let delivery: Delivery;
  /** Command ids in the order in which they left. */
  let asked: string[];
  let underWay: number;
  let most: number;
  /** What the server says, after `answerMs`. Null: nothing within 8 s. */
  let answerOf: (commandId: string) => object | null;
  let answerMs: number;
  let late: ((answer: never) => void)[];

  const ask: Ask = async (_name, input, onLate) => {
    const commandId = input['commandId'] as string;
    asked.push(commandId);
    late.push(onLate as (answer: never) => void);
    underWay += 1;
    most = Math.max(most, underWay);
    const answer = answerOf(commandId);
    await new Promise((resolve) => setTimeout(resolve, answer === null ? 8000 : answerMs));
    underWay -= 1;
    return answer as never;
  };
  const begin = (count: number): void => {
    store.update((state) => ({ ...state, batches: [{ ...BATCH, size: count }] }));
    for (let number = 1; number <= count; number += 1) delivery.submit(ofBatch(number));
  };
  const batch = (): Batch => store.get().batches[0] ?? BATCH;
  const progress = () => progressOf(batch(), store.get().outbox);

  beforeEach(() => {
    vi.useFakeTimers();
    store = makeStore(INITIAL_APP, () => 0);
    store.update((state) => {
      const { machine } = step(state.machine, { type: 'ready', memberId: ME });
      return { ...state, machine: { ...machine, inbox: inboxOf(10, []) } };
    });
    [asked, late, underWay, most, answerMs] = [[], [], 0, 0, 20];
    answerOf = () => DONE;
    delivery = new Delivery(store, ask);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('leaves at half the pace that the server allows, and is done once each', async () => {
    begin(40);
    await vi.advanceTimersByTimeAsync(1950);
    expect(asked.length).toBe(20);
    expect(progress()).toMatchObject({ isRunning: true });
    expect(hasUnsent(store.get())).toBe(true);
    await vi.advanceTimersByTimeAsync(2500);
    expect(asked).toEqual(Array.from({ length: 40 }, (_, index) => `batch ${String(index + 1)}`));
    expect(batch().done).toBe(40);
    expect(progress()).toEqual({ isRunning: false, mayStop: false, refused: [] });
  });

  it('has few under way where the server is slow', async () => {
    answerMs = 3000;
    begin(12);
    await vi.advanceTimersByTimeAsync(2900);
    expect([asked.length, most]).toEqual([4, 4]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([asked.length, most]).toEqual([12, 4]);
    expect(batch().done).toBe(12);
  });

  it('keeps nobody waiting: what the person does in between leaves at once, and in the order of its conversation', async () => {
    begin(40);
    delivery.submit(aSend('elsewhere', 99));
    expect(asked).toEqual(['batch 1', 'elsewhere']);
    delivery.submit(aSend('behind', 30));
    await vi.advanceTimersByTimeAsync(50);
    expect(asked).toEqual(['batch 1', 'elsewhere', 'batch 30', 'behind']);
  });

  it('says which were refused for good, goes on with the others, and waits where there is too much at once', async () => {
    let isCrowded = true;
    answerOf = (commandId) => {
      if (commandId === 'batch 2') return { ok: false, error: { code: 'forbidden', message: 'Not yours.' } };
      if (commandId !== 'batch 3' || !isCrowded) return DONE;
      isCrowded = false;
      return { ok: false, error: { code: 'rate_limited', message: 'Slowly.', details: { retryAfterMs: 700 } } };
    };
    begin(5);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked.filter((commandId) => commandId === 'batch 3')).toHaveLength(2);
    expect(batch().done).toBe(4);
    expect(progress().isRunning).toBe(false);
    expect(progress().refused.map(({ commandId }) => commandId)).toEqual(['batch 2']);
  });

  it('takes a conflict as a single change does: on against the new version, unless somebody else has it', async () => {
    const conflict = (assigneeId: string | null): object => ({
      ok: false,
      error: {
        ...{ code: 'conflict', message: 'Changed.' },
        details: { thread: aThread(1, { version: 5, assigneeId: assigneeId as never }) },
      },
    });
    answerOf = (commandId) => ({ 'batch 1': conflict(null), 'batch 2': conflict(COLLEAGUE) })[commandId] ?? DONE;
    begin(3);
    await vi.advanceTimersByTimeAsync(5000);
    expect(batch().done).toBe(2);
    expect(progress().refused.map(({ commandId }) => commandId)).toEqual(['batch 2']);
    // "Assign anyway" is still part of it.
    const [refused] = progress().refused;
    delivery.drop('batch 2');
    delivery.submit(renew(refused as Entry, 'anyway', ['expectedVersion']));
    expect(progress().isRunning).toBe(true);
    await vi.advanceTimersByTimeAsync(1000);
    expect(batch().done).toBe(3);
  });

  it('goes on over the next connection with the same ids, and counts an answer that comes twice once', async () => {
    answerOf = () => null;
    begin(6);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toHaveLength(4);
    answerOf = () => DONE;
    store.update((state) => ({ ...state, outbox: markDisconnected(state.outbox) }));
    delivery.flush();
    await vi.advanceTimersByTimeAsync(5000);
    for (const answer of late.slice(0, 4)) answer(DONE as never);
    expect(new Set(asked).size).toBe(6);
    expect(batch().done).toBe(6);
    expect(progress().isRunning).toBe(false);
  });

  it('loses what is erased meanwhile, and says so', async () => {
    begin(4);
    store.update((state) => forgetErased(state, [id('t', 4)]));
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toHaveLength(3);
    expect(batch()).toMatchObject({ done: 3, erased: 1 });
    expect(outcomeOf(batch(), [])).toBe('Resolve: 3 done, 1 erased meanwhile.');
  });

  it('puts no conversation away in which the customer has written since, unless the person says so again', async () => {
    const lastMessage = { ...aMessage(1), preview: '', at: at(1) };
    answerOf = (commandId) => {
      if (commandId !== 'batch 2') return DONE;
      const details = { message: aMessage(2, { text: 'One more thing' }) };
      return { ok: false, error: { code: 'stale_view', message: 'Read it first.', details } };
    };
    store.update((state) => ({ ...state, batches: [{ ...BATCH, size: 2 }] }));
    for (const number of [1, 2])
      delivery.submit({ ...ofBatch(number), ...putAway(aThread(number, { lastMessage }), 'resolved') });
    await vi.advanceTimersByTimeAsync(1000);
    expect(outcomeOf(batch(), progress().refused)).toBe(
      'Resolve: 1 done, 1 was refused. The customer has written since.',
    );
    const [refused] = progress().refused;
    expect(refused?.input).toMatchObject({ status: 'resolved', seenMessageId: id('m', 1) });
    delivery.drop('batch 2');
    delivery.submit(renew(refused as Entry, 'anyway', ['seenMessageId']));
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual(['batch 1', 'batch 2', 'anyway']);
    expect(batch().done).toBe(2);
  });

  it.each([
    ['the release before', null],
    ['releases that left the words to zod', 'The request is not valid: input Unrecognized key: "seenMessageId".'],
  ])('is asked without what a server of %s does not know', async (_release, words) => {
    const lastMessage = { ...aMessage(1), preview: '', at: at(1) };
    const former = COMMANDS['thread:set-status'].input.omit({ seenMessageId: true });
    const change = putAway(aThread(1, { lastMessage }), 'resolved');
    const refusal = invalidInput(former.safeParse(change.input).error ?? new z.ZodError([])).toBody();
    const error = words === null ? refusal : { ...refusal, message: words };
    answerOf = (commandId) => (commandId === 'batch 1' ? { ok: false, error } : DONE);
    store.update((state) => ({ ...state, batches: [{ ...BATCH, size: 1 }] }));
    delivery.submit({ ...ofBatch(1), ...change });
    // What the person wants done afterwards still comes afterwards.
    delivery.submit({ commandId: 'reopen', createdAt: at(0), ...statusChange(id('t', 1), 'open') });
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual(['batch 1', expect.any(String), 'reopen']);
    expect(batch().done).toBe(1);
  });

  it('leaves other commands as they were', async () => {
    for (const number of [1, 2, 3]) delivery.submit(aSend(String(number), number));
    expect(asked).toEqual(['1', '2', '3']);
    answerOf = () => ({ ok: true, data: { message: aMessage(1) } });
    await vi.advanceTimersByTimeAsync(1000);
    expect(store.get().batches).toEqual([]);
  });
});

describe('the outcome of a batch', () => {
  const refusedWith = (code: string): Entry =>
    ({ ...ofBatch(1), state: 'rejected', attempts: 1, error: { code, message: `${code}.` } }) as unknown as Entry;

  it('counts, and gives the reason where it is the same for all', () => {
    const most = { ...BATCH, done: 38 };
    expect(outcomeOf({ ...BATCH, done: 40 }, [])).toBe('Resolve: 40 done.');
    expect(outcomeOf(most, [refusedWith('conflict'), refusedWith('conflict')])).toBe(
      'Resolve: 38 done, 2 were refused. Changed by a colleague meanwhile.',
    );
    expect(outcomeOf(most, [refusedWith('not_found')])).toBe(
      'Resolve: 38 done, 1 was refused. No longer in your view.',
    );
    expect(outcomeOf(most, [refusedWith('conflict'), refusedWith('forbidden')])).toBe(
      'Resolve: 38 done, 2 were refused.',
    );
  });
});
