/** Keeps what this window has seen of its open conversation (reading.ts) in step with the stream. Pure. */
import type { Event, EventsFrame } from '../../../src/contract/events.ts';
import { seenIn, UNSURE } from '../state/reading.ts';
import type { AppState } from '../state/store.ts';
import { asksPerson, isSend, type NewEntry } from './outbox.ts';

/**
 * Remembers what has been seen if nothing of the open conversation is unread, once per version of it: a message comes
 * before the change of its conversation, so it alone says nothing. While this window is still marking the conversation
 * as unread it remembers nothing: who opens it then opens it anew.
 */
export function noteSeen(state: AppState): AppState {
  const { machine, outbox, ui, seen } = state;
  const threadId = ui.selectedId ?? '';
  const thread = machine.inbox.threads.get(threadId);
  const timeline = machine.inbox.timelines.get(threadId);
  if (thread?.unreadCount !== 0 || thread.version === seen?.version || timeline?.state !== 'ready') return state;
  const isMarking = outbox.some(
    (entry) => entry.threadId === threadId && entry.name === 'thread:mark-unread' && !asksPerson(entry),
  );
  return isMarking ? state : { ...state, seen: seenIn(thread, timeline) };
}

/** What the log told meanwhile is not known after a snapshot; whoever has not read the conversation yet still opens it. */
export function forgetAtSnapshot(state: AppState): AppState {
  return state.seen === null ? state : { ...state, seen: UNSURE };
}

/** Who answers in the open conversation has read it, even if somebody has marked it as unread meanwhile. */
export function forgetWhereAnswered(state: AppState, entry: NewEntry): AppState {
  return isSend(entry) && entry.threadId === state.ui.selectedId ? { ...state, seen: null } : state;
}

const isRead = (event: Event, threadId: string): boolean =>
  event.type === 'thread.updated' && event.data.thread.id === threadId && event.data.thread.unreadCount === 0;

/**
 * Cuts a frame after each event by which nothing of a conversation is unread, so that what has been seen can be noted
 * before what follows: a window that was offline gets everything in one frame.
 */
export function cutWhereRead(frame: EventsFrame, threadId: string | null): readonly EventsFrame[] {
  if (threadId === null) return [frame];
  const cuts = frame.events.filter((event) => isRead(event, threadId)).map(({ seq }) => seq);
  const ends = [...new Set([...cuts, frame.to])];
  return ends.map((to, index) => {
    const from = ends[index - 1] ?? frame.from;
    return { ...frame, from, to, events: frame.events.filter(({ seq }) => seq > from && seq <= to) };
  });
}
