/** Conversations of erased customers: nothing of them may stay in this browser. */
import type { Event } from '../../../src/contract/events.ts';
import { withErased } from '../sync/batch.ts';
import type { Outbox } from '../sync/outbox.ts';
import type { AppState } from './store.ts';

/** How many erased conversations are remembered, so that an open one can say why it is gone. */
const MAX_ERASED = 1000;

/**
 * The id format that the server accepts. Other keys must be left out: forms outside a conversation are kept under other
 * names, and an address can contain anything.
 */
const THREAD_ID = /^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/** Ids of the conversations that these events report as erased. */
export function erasedIn(events: readonly Event[]): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'thread.removed' && event.data.reason === 'erased' ? [event.data.threadId] : [],
  );
}

function without<T>(parts: Readonly<Record<string, T>>, gone: ReadonlySet<string>): Readonly<Record<string, T>> {
  const left = Object.entries(parts).filter(([threadId]) => !gone.has(threadId));
  return left.length === Object.keys(parts).length ? parts : Object.fromEntries(left);
}

/**
 * Removes the drafts, files, forms and commands of erased conversations. Does not stop running uploads; the uploader
 * does.
 */
export function forgetErased(state: AppState, threadIds: readonly string[]): AppState {
  if (threadIds.length === 0) return state;
  const gone = new Set(threadIds);
  const isGone = ({ threadId }: Outbox[number]): boolean => gone.has(threadId);
  return {
    ...state,
    erased: new Set([...state.erased, ...threadIds].slice(-MAX_ERASED)),
    drafts: without(state.drafts, gone),
    tray: without(state.tray, gone),
    forms: without(state.forms, gone),
    outbox: state.outbox.filter((entry) => !isGone(entry)),
    batches: withErased(state.batches, state.outbox.filter(isGone)),
    aim: state.aim !== null && gone.has(state.aim.threadId) ? null : state.aim,
    finding: state.finding !== null && gone.has(state.finding.threadId) ? null : state.finding,
  };
}

/**
 * Conversations that are open or have something stored here, and that may have been erased without this client being
 * told: those that the events received since then do not cover.
 */
export function unsureThreads({ drafts, tray, forms, outbox, ui, machine }: AppState): readonly string[] {
  const isFollowed = (threadId: string): boolean => machine.snapshot === 'none' && machine.inbox.threads.has(threadId);
  const kept = [
    ...(ui.selectedId === null ? [] : [ui.selectedId]),
    ...[drafts, tray, forms].flatMap((parts) => Object.keys(parts)),
    ...outbox.map(({ threadId }) => threadId),
  ];
  return [...new Set(kept)].filter((threadId) => THREAD_ID.test(threadId) && !isFollowed(threadId));
}
