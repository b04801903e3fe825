/** What is loaded although the server did not answer it at first. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { INITIAL_APP, makeStore, type Store } from '../../client/src/state/store.ts';
import { makeLoader } from '../../client/src/sync/loader.ts';
import { aMessage, aThread, id, inboxOf, texts } from './example.ts';

const OPEN = id('t', 1);
const RETRY_AFTER_MS = 700;
const REFUSED = {
  ok: false,
  error: { code: 'rate_limited', message: 'Too many commands.', details: { retryAfterMs: RETRY_AFTER_MS } },
} as const;
const LOADED = { ok: true, data: { items: [aMessage(1)], nextCursor: null, notes: [] } } as const;

let store: Store;
let asked: number;

/** A window with this conversation open, and a server that refuses the first request for its messages. */
function load(selectedId: string): void {
  const inbox = inboxOf(10, [aThread(1), aThread(2)]);
  store = makeStore({ ...INITIAL_APP, ui: { ...INITIAL_APP.ui, selectedId } }, Date.now);
  store.update((state) => ({ ...state, machine: { ...state.machine, inbox } }));
  asked = 0;
  const ask = (() => {
    asked += 1;
    return Promise.resolve(asked === 1 ? REFUSED : LOADED);
  }) as Parameters<typeof makeLoader>[1]['ask'];
  makeLoader(store, { ask }).loadTimeline(OPEN);
}

const timeline = () => store.get().machine.inbox.timelines.get(OPEN);

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('an open conversation that was refused because too much was asked for is loaded when the server takes it', async () => {
  load(OPEN);
  await vi.advanceTimersByTimeAsync(RETRY_AFTER_MS - 1);
  expect([asked, timeline()?.state]).toEqual([1, 'loading']);
  await vi.advanceTimersByTimeAsync(1);
  expect([timeline()?.state, texts(store.get().machine.inbox)]).toEqual(['ready', ['message 1']]);
});

it('one that was left meanwhile is not asked for again', async () => {
  load(id('t', 2));
  await vi.advanceTimersByTimeAsync(10 * RETRY_AFTER_MS);
  expect([asked, timeline()?.state]).toEqual([1, 'failed']);
});
