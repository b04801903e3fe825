/** Which conversation a window says it has open. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { INITIAL_APP, makeStore, type Store } from '../../client/src/state/store.ts';
import { followSelection } from '../../client/src/sync/attention.ts';
import type { InboxState } from '../../client/src/sync/model.ts';
import { step } from '../../client/src/sync/update-machine.ts';
import { beginTimeline, mergeMessages } from '../../client/src/sync/apply-event.ts';
import { aThread, id, inboxOf, ME } from './example.ts';

const threadId = (number: number): string => id('t', number);

/** The pause between two of a held key, and how long somebody holds it. */
const REPEAT_MS = 30;
const HELD = 40;

/** What a server takes of one connection in a second. */
const PACE = 20;

let store: Store;
let said: string[];
let loaded: string[];

const update = (change: (inbox: InboxState) => InboxState): void => {
  store.update((state) => ({ ...state, machine: { ...state.machine, inbox: change(state.machine.inbox) } }));
};

const select = async (selectedId: string | null, thenMs: number): Promise<void> => {
  store.update((state) => ({ ...state, ui: { ...state.ui, selectedId } }));
  await vi.advanceTimersByTimeAsync(thenMs);
};

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  loaded = [];
  store = makeStore(INITIAL_APP, Date.now);
  store.update((state) => ({ ...state, machine: step(state.machine, { type: 'ready', memberId: ME }).machine }));
  const ask = (name: string, input: Record<string, unknown>): Promise<null> => {
    said.push(`${name} ${String(input['threadId'])}`);
    return Promise.resolve(null);
  };
  const loadTimeline = (wanted: string): void => {
    loaded.push(wanted);
    update((inbox) => beginTimeline(inbox, wanted));
  };
  followSelection(store, ask, { loadThread: () => Promise.resolve(), loadTimeline, loadAim: () => Promise.resolve() });
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

describe('who goes through the list faster than it can be read', () => {
  beforeEach(() => {
    const threads = Array.from({ length: 81 }, (_, at) => aThread(at));
    store.update((state) => ({
      ...state,
      machine: { ...state.machine, snapshot: 'none', inbox: inboxOf(1, threads) },
    }));
  });

  it.each([REPEAT_MS, 130, 200, 260])('asks for less than a server takes, at a press every %i ms', async (everyMs) => {
    const answer = (): void => {
      for (const wanted of loaded) update((inbox) => mergeMessages(inbox, wanted, { items: [], nextCursor: null }));
    };
    for (let at = 0; at <= 80; at += 1) {
      await select(threadId(at), everyMs);
      answer();
    }
    await vi.advanceTimersByTimeAsync(1000);
    expect(said.length + loaded.length).toBeLessThan((PACE * 81 * everyMs) / 1000);
    expect(loaded.at(-1)).toBe(threadId(80));
  });

  it('has at most two pages of what they left before that of what is open, however slow the server is', async () => {
    for (let at = 0; at <= 80; at += 1) await select(threadId(at), 300);
    expect(loaded).toEqual([threadId(0), threadId(1)]);
    update((inbox) => mergeMessages(inbox, threadId(0), { items: [], nextCursor: null }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(loaded).toEqual([threadId(0), threadId(1), threadId(80)]);
  });
});
