/**
 * Follows the selection: says which conversation this window has open, and loads it and its timeline whenever they are
 * missing. Who leafs through the list with a key held down leaves the one they had open, and opens only the conversation
 * where they stop.
 */
import { localNow } from '../clock.ts';
import type { AppState, Store } from '../state/store.ts';
import type { Ask } from './delivery.ts';

/** Refreshing a viewing lease well within its 30 s. */
const LEASE_MS = 20_000;
/** A choice that follows another one sooner than this waits until it has lasted so long; each costs what a server counts. */
const REST_MS = 250;
/** Of conversations that were left: the open one waits behind no more than these. */
const MOST_LOADING = 2;

/** Asked for already; `isFresh`: what failed is asked for once more. */
function isSought({ sought, machine }: AppState, threadId: string, isFresh: boolean): boolean {
  if (sought?.threadId !== threadId || sought.generation !== machine.generation) return false;
  return !(isFresh && sought.state === 'failed');
}

/** What of the chosen conversation is to be loaded now; `isFresh`: the connection has just come back. */
function missingPart(state: AppState, threadId: string, isFresh: boolean): 'thread' | 'timeline' | null {
  const { isReady, inbox } = state.machine;
  if (!inbox.threads.has(threadId)) {
    // What was taken from us comes back by itself, if it does.
    const isWanted = isReady && !inbox.removed.has(threadId) && !isSought(state, threadId, isFresh);
    return isWanted ? 'thread' : null;
  }
  const timeline = inbox.timelines.get(threadId);
  return timeline === undefined || (isFresh && timeline.state === 'failed') ? 'timeline' : null;
}

function isCrowded({ machine }: AppState): boolean {
  return [...machine.inbox.timelines.values()].filter(({ state }) => state === 'loading').length >= MOST_LOADING;
}

/** Calls `onRest` with every choice that lasts, the first of several at once; with null while they follow each other. */
function whenRested(onRest: (selectedId: string | null) => void): (selectedId: string | null) => void {
  let chosen: string | null = null;
  let chosenAt = -REST_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (selectedId) => {
    if (selectedId === chosen) return;
    chosen = selectedId;
    clearTimeout(timer);
    const now = localNow();
    const isHasty = now - chosenAt < REST_MS;
    chosenAt = now;
    onRest(isHasty ? null : selectedId);
    if (isHasty) {
      timer = setTimeout(() => {
        onRest(selectedId);
      }, REST_MS);
    }
  };
}

/** How the chosen conversation is loaded. */
interface Loads {
  readonly loadThread: (threadId: string) => Promise<void>;
  readonly loadTimeline: (threadId: string) => void;
}

/** See above; begins at once. */
export function followSelection(store: Store, ask: Ask, { loadThread, loadTimeline }: Loads): void {
  let wasReady = false;
  let openId: string | null = null;
  const renewLease = (): void => {
    if (store.get().machine.isReady && openId !== null) void ask('thread:open', { threadId: openId });
  };
  const load = (isFresh: boolean): void => {
    const state = store.get();
    if (openId === null || openId !== state.ui.selectedId || state.machine.snapshot !== 'none') return;
    const missing = missingPart(state, openId, isFresh);
    if (missing === 'thread') void loadThread(openId);
    if (missing === 'timeline' && !isCrowded(state)) loadTimeline(openId);
  };
  const choose = whenRested((selectedId) => {
    if (openId === selectedId) return;
    if (openId !== null) void ask('thread:close', { threadId: openId });
    openId = selectedId;
    renewLease();
    load(false);
  });
  setInterval(renewLease, LEASE_MS);
  store.subscribe(() => {
    const { machine, ui } = store.get();
    choose(ui.selectedId);
    const isFresh = machine.isReady && !wasReady;
    if (isFresh) renewLease();
    wasReady = machine.isReady;
    load(isFresh);
  });
}
