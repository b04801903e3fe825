/** Which conversation a window says it has open. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { INITIAL_APP, makeStore, type Store } from '../../client/src/state/store.ts';
import { followSelection } from '../../client/src/sync/attention.ts';
import { step } from '../../client/src/sync/update-machine.ts';
import { id, ME } from './example.ts';

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
  const nothing = (): Promise<void> => Promise.resolve();
  followSelection(store, ask, { loadThread: nothing, loadTimeline: nothing });
});

afterEach(() => {
  vi.useRealTimers();
});

it('who leafs through the list has nothing open until they stop, and says so once', async () => {
  await select(id('t', 0), 1000);
  for (let at = 1; at <= HELD; at += 1) {
    await select(id('t', at), REPEAT_MS);
    if (at === 2) said.push('still leafing');
  }
  await vi.advanceTimersByTimeAsync(1000);
  expect(said).toEqual([
    `thread:open ${id('t', 0)}`,
    `thread:close ${id('t', 0)}`,
    `thread:open ${id('t', 1)}`,
    `thread:close ${id('t', 1)}`,
    'still leafing',
    `thread:open ${id('t', HELD)}`,
  ]);
});

it('who comes back at once to the conversation they left has it open again', async () => {
  await select(id('t', 0), 1000);
  await select(id('t', 1), REPEAT_MS);
  await select(id('t', 0), 1000);
  expect(said.at(-1)).toBe(`thread:open ${id('t', 0)}`);
});

it('a window that has nothing chosen says nothing', async () => {
  await select(null, 60_000);
  expect(said).toEqual([]);
});
