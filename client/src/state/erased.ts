/** Conversations of customers who were erased: nothing of them is kept in this browser. */
import type { Event } from '../../../src/contract/events.ts';
import type { AppState } from './store.ts';

/** So many are remembered, to say of an open one why it has gone. */
const MAX_ERASED = 1000;

/** As the server takes it: other forms than those of a conversation are kept by other names, and an address may say anything. */
const THREAD_ID = /^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/** The conversations that these events tell to have been erased. */
export function erasedIn(events: readonly Event[]): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'thread.removed' && event.data.reason === 'erased' ? [event.data.threadId] : [],
  );
}

function without<T>(parts: Readonly<Record<string, T>>, gone: ReadonlySet<string>): Readonly<Record<string, T>> {
  const left = Object.entries(parts).filter(([threadId]) => !gone.has(threadId));
  return left.length === Object.keys(parts).length ? parts : Object.fromEntries(left);
}

/** Without what somebody wrote, chose and did there. Files that are being uploaded are the uploader's to stop. */
export function forgetErased(state: AppState, threadIds: readonly string[]): AppState {
  if (threadIds.length === 0) return state;
  const gone = new Set(threadIds);
  return {
    ...state,
    erased: new Set([...state.erased, ...threadIds].slice(-MAX_ERASED)),
    drafts: without(state.drafts, gone),
    tray: without(state.tray, gone),
    forms: without(state.forms, gone),
    outbox: state.outbox.filter(({ threadId }) => !gone.has(threadId)),
  };
}

/**
 * Conversations of which something is kept here, or which are open, and which may have been erased while nobody was told:
 * all that the events since do not speak of.
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
