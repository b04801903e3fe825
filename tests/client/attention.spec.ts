/** Which conversation a window says it has open. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { INITIAL_APP, makeStore, type Store } from '../../client/src/state/store.ts';
import { followSelection } from '../../client/src/sync/attention.ts';
import { step } from '../../client/src/sync/update-machine.ts';
import { id, ME } from './example.ts';

const threadId = (number: number): string => id('t', number);

/** The pause between two of a held key, and how long somebody holds it. */
const REPEAT_MS = 30;
const HELD = 40;

let store: Store;
let said: string[];

const select = async (selectedId: string | null, thenMs: number): Promise<void> => {
  store.update((state) => ({ ...state, ui: { ...state.ui, selectedId } }));
  await vi.advanceTimersByTimeAsync(thenMs);
};

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  store = makeStore(INITIAL_APP, Date.now);
  store.update((state) => ({ ...state, machine: step(state.machine, { type: 'ready', memberId: ME }).machine }));
  const ask = (name: string, input: Record<string, unknown>): Promise<null> => {
    said.push(`${name} ${String(input['threadId'])}`);
    return Promise.resolve(null);
  };
  followSelection(store, ask, { loadThread: () => Promise.resolve(), loadTimeline: () => undefined });
});

afterEach(() => {
  vi.useRealTimers();
});

it('who leafs through the list has nothing open until they stop, and says so once', async () => {
  await select(threadId(0), 1000);
  for (let at = 1; at <= HELD; at += 1) {
    await select(threadId(at), REPEAT_MS);
    if (at === 2) said.push('still leafing');
  }
  await vi.advanceTimersByTimeAsync(1000);
  expect(said).toEqual([
    `thread:open ${threadId(0)}`,
    `thread:close ${threadId(0)}`,
    `thread:open ${threadId(1)}`,
    `thread:close ${threadId(1)}`,
    'still leafing',
    `thread:open ${threadId(HELD)}`,
  ]);
});

it('who comes back at once to the conversation they left has it open again', async () => {
  await select(threadId(0), 1000);
  await select(threadId(1), REPEAT_MS);
  await select(threadId(0), 1000);
  expect(said.at(-1)).toBe(`thread:open ${threadId(0)}`);
});

it('a window that has nothing chosen says nothing', async () => {
  await select(null, 60_000);
  expect(said).toEqual([]);
});
