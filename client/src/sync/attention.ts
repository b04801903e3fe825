/**
 * Follows the selection: reports which conversation this window has open, and loads it and its timeline whenever they
 * are missing. While somebody moves quickly through the list, for example holding a key down, only the conversation on
 * which they stop is opened.
 */
import { localNow } from '../clock.ts';
import { aimNow, type Aim } from '../state/aim.ts';
import type { AppState, Store } from '../state/store.ts';
import type { Ask } from './delivery.ts';

/** How often a viewing lease is refreshed, well within its lifetime. */
const LEASE_MS = 20_000;
/**
 * A selection that follows another sooner than this must last this long before it counts, because each one sends
 * commands, of which the server takes a limited number.
 */
const REST_MS = 250;
/** Of conversations that were left, at most this many may still be loading before the open one. */
const MOST_LOADING = 2;

/** True if it was requested already. `isFresh`: request again what had failed. */
function isSought({ sought, machine }: AppState, threadId: string, isFresh: boolean): boolean {
  if (sought?.threadId !== threadId || sought.generation !== machine.generation) return false;
  return !(isFresh && sought.state === 'failed');
}

/** Which part of the selected conversation to load now. `isFresh`: the connection has just come back. */
function missingPart(state: AppState, threadId: string, isFresh: boolean): 'thread' | 'timeline' | null {
  const { isReady, inbox } = state.machine;
  if (!inbox.threads.has(threadId)) {
    // A thread that was removed from our view returns by itself, if at all.
    const isWanted = isReady && !inbox.removed.has(threadId) && !isSought(state, threadId, isFresh);
    return isWanted ? 'thread' : null;
  }
  const timeline = inbox.timelines.get(threadId);
  return timeline === undefined || (isFresh && timeline.state === 'failed') ? 'timeline' : null;
}

function isCrowded({ machine }: AppState): boolean {
  return [...machine.inbox.timelines.values()].filter(({ state }) => state === 'loading').length >= MOST_LOADING;
}

/**
 * Calls `onRest` with every selection that lasts, starting with the first of a quick series; with null while they
 * follow each other quickly.
 */
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

/** How the selected conversation is loaded. */
interface Loads {
  readonly loadThread: (threadId: string) => Promise<void>;
  readonly loadTimeline: (threadId: string) => void;
  readonly loadAim: (aim: Aim) => Promise<void>;
}

/** Brings the aim up to date with what is shown of its conversation, and has it loaded where it is not shown. */
function followAim(store: Store, openId: string, isFresh: boolean, loadAim: Loads['loadAim']): void {
  const { aim, machine } = store.get();
  if (aim?.threadId !== openId) return;
  const timeline = machine.inbox.timelines.get(openId);
  const again: Aim = isFresh && aim.state === 'failed' ? { ...aim, state: 'wanted' } : aim;
  const now = aimNow(again, timeline);
  if (now !== aim) store.update((state) => (state.aim === aim ? { ...state, aim: now } : state));
  if (now.state === 'wanted' && machine.isReady && timeline?.state === 'ready') void loadAim(now);
}

/** Starts following the selection, at once; see the top of this file. */
export function followSelection(store: Store, ask: Ask, { loadThread, loadTimeline, loadAim }: Loads): void {
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
    followAim(store, openId, isFresh, loadAim);
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
