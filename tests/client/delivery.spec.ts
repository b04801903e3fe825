import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ErrorBody } from '../../src/contract/errors.ts';
import { INITIAL_APP, makeStore, type Store } from '../../client/src/state/store.ts';
import { Delivery, type Ask } from '../../client/src/sync/delivery.ts';
import { markDisconnected } from '../../client/src/sync/outbox.ts';
import { step } from '../../client/src/sync/update-machine.ts';
import { aMessage, at, id, ME } from './example.ts';

const TEXT = { kind: 'text', text: 'Hello' };
const COMMITTED = { ok: true, data: { message: aMessage(1, { commandId: 'first', direction: 'outbound' }) } };
const refusal = (code: ErrorBody['code'], details?: unknown): object => ({
  ok: false,
  error: { code, message: code, details },
});

/** A store that is ready, and a server that gives these answers in turn. Returns the command ids it was asked with. */
function deskWith(store: Store, answers: readonly object[]): { readonly asked: string[]; readonly delivery: Delivery } {
  const asked: string[] = [];
  const ask = (_name: string, input: Record<string, unknown>): Promise<never> => {
    asked.push(input['commandId'] as string);
    return Promise.resolve(answers[asked.length - 1] as never);
  };
  store.update((state) => ({ ...state, machine: step(state.machine, { type: 'ready', memberId: ME }).machine }));
  return { asked, delivery: new Delivery(store, ask) };
}

const aSend = (commandId: string) =>
  ({ commandId, name: 'message:send', input: TEXT, threadId: id('t', 1), createdAt: at(1) }) as const;

describe('a message that the server cannot take just now', () => {
  let store: Store;
  const states = (): readonly string[] => store.get().outbox.map(({ state }) => state);

  beforeEach(() => {
    vi.useFakeTimers();
    store = makeStore(INITIAL_APP, () => 0);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['because its database is away', refusal('unavailable')],
    ['because too much was asked at once', refusal('rate_limited', { retryAfterMs: 300 })],
  ])('%s goes out again by itself with the same id, and what was written after it waits', async (_why, refused) => {
    const { asked, delivery } = deskWith(store, [refused, refused, COMMITTED, COMMITTED]);
    delivery.submit(aSend('first'));
    delivery.submit(aSend('second'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual(['first', 'first', 'first', 'second']);
    expect(states()).toEqual([]);
  });

  it('is asked for once more by whoever connects meanwhile, and not a second time when the wait is over', async () => {
    const { asked, delivery } = deskWith(store, [refusal('rate_limited', { retryAfterMs: 5000 }), COMMITTED]);
    delivery.submit(aSend('first'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(states()).toEqual(['inflight']);
    store.update((state) => ({ ...state, outbox: state.outbox.map((entry) => ({ ...entry, state: 'waiting' })) }));
    delivery.flush();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual(['first', 'first']);
  });

  it('is held after half a minute, and what was written after it waits, until the person has it tried again', async () => {
    const refused = refusal('unavailable');
    const answers = [...Array<object>(31).fill(refused), COMMITTED, COMMITTED];
    const { asked, delivery } = deskWith(store, answers);
    delivery.submit(aSend('first'));
    delivery.submit(aSend('second'));
    await vi.advanceTimersByTimeAsync(29_500);
    expect(states()).toEqual(['inflight', 'waiting']);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(states()).toEqual(['held', 'waiting']);
    expect(asked).toEqual(Array(31).fill('first'));
    expect(store.get().outbox[0]?.error?.code).toBe('unavailable');
    delivery.release();
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.slice(31)).toEqual(['first', 'second']);
    expect(states()).toEqual([]);
  });

  it('lets what was written after it go when the person gives it up', async () => {
    const { asked, delivery } = deskWith(store, [...Array<object>(31).fill(refusal('unavailable')), COMMITTED]);
    delivery.submit(aSend('first'));
    delivery.submit(aSend('second'));
    await vi.advanceTimersByTimeAsync(60_000);
    delivery.drop('first');
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.slice(31)).toEqual(['second']);
  });

  it('has half a minute anew after the connection was lost', async () => {
    const { delivery } = deskWith(store, Array<object>(99).fill(refusal('unavailable')));
    delivery.submit(aSend('first'));
    await vi.advanceTimersByTimeAsync(29_500);
    store.update((state) => ({ ...state, outbox: markDisconnected(state.outbox) }));
    delivery.flush();
    await vi.advanceTimersByTimeAsync(29_500);
    expect(states()).toEqual(['inflight']);
    await vi.advanceTimersByTimeAsync(1000);
    expect(states()).toEqual(['held']);
  });

  it('is shown as refused when the refusal is about the message itself', async () => {
    const { asked, delivery } = deskWith(store, [refusal('window_closed')]);
    delivery.submit(aSend('first'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual(['first']);
    expect(states()).toEqual(['rejected']);
  });
});

describe('a message that the server does not answer', () => {
  let store: Store;
  let late: Map<string, (answer: never) => void>;
  let answer: object | null;
  const asked: string[] = [];
  const states = (): readonly string[] => store.get().outbox.map(({ state }) => state);

  /** As a connection does it that hears nothing: no answer after 8 s. */
  const ask: Ask = async (_name, input, onLate) => {
    const commandId = input['commandId'] as string;
    asked.push(commandId);
    if (answer !== null) return answer as never;
    late.set(commandId, onLate as (answer: never) => void);
    await new Promise((resolve) => setTimeout(resolve, 8000));
    return null;
  };

  const submitTwo = (): Delivery => {
    store.update((state) => ({ ...state, machine: step(state.machine, { type: 'ready', memberId: ME }).machine }));
    const delivery = new Delivery(store, ask);
    delivery.submit(aSend('first'));
    delivery.submit(aSend('second'));
    return delivery;
  };

  beforeEach(() => {
    vi.useFakeTimers();
    store = makeStore(INITIAL_APP, () => 0);
    late = new Map();
    answer = null;
    asked.length = 0;
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('is asked for again with its id, and then held until the person has it tried again, with the same id', async () => {
    const delivery = submitTwo();
    await vi.advanceTimersByTimeAsync(34_500);
    expect(states()).toEqual(['inflight', 'waiting']);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(states()).toEqual(['held', 'waiting']);
    expect(asked).toEqual(Array(4).fill('first'));
    answer = COMMITTED;
    delivery.release();
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.slice(4)).toEqual(['first', 'second']);
    expect(states()).toEqual([]);
  });

  it('is done when the answer comes after all, and what waits behind it goes', async () => {
    submitTwo();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states()).toEqual(['held', 'waiting']);
    answer = COMMITTED;
    late.get('first')?.(COMMITTED as never);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.slice(4)).toEqual(['second']);
    expect(states()).toEqual([]);
  });

  it('stays the person’s to decide when a refusal comes late', async () => {
    submitTwo();
    await vi.advanceTimersByTimeAsync(60_000);
    late.get('first')?.(refusal('window_closed') as never);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states()).toEqual(['held', 'waiting']);
  });

  it('goes out by itself over the next connection', async () => {
    const delivery = submitTwo();
    await vi.advanceTimersByTimeAsync(60_000);
    answer = COMMITTED;
    store.update((state) => ({ ...state, outbox: markDisconnected(state.outbox) }));
    delivery.flush();
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.slice(4)).toEqual(['first', 'second']);
    expect(states()).toEqual([]);
  });
});
