/** Merges into one thread's timeline: a lower version never replaces a higher one, and no gap appears in the middle. */
import type { Note } from '../../../src/contract/entities.ts';
import type { Message } from '../../../src/contract/message.ts';
import { compareMessages, compareNotes, lowerBound } from './order.ts';
import { EMPTY_TIMELINE, type Timeline } from './model.ts';

/** The part of a `thread:messages` answer that timelines need. */
export interface MessagePage {
  readonly items: readonly Message[];
  readonly notes?: readonly Note[] | undefined;
  readonly nextCursor: string | null;
}

function indexOfId(messages: readonly Message[], id: string): number {
  for (let index = messages.length - 1; index >= 0; index -= 1) if (messages[index]?.id === id) return index;
  return -1;
}

function insertSorted(messages: Message[], message: Message): void {
  messages.splice(
    lowerBound(messages, (item) => compareMessages(item, message)),
    0,
    message,
  );
}

/** True when the message is older than the loaded ones, so that keeping it would leave a gap after it. */
function isBeforeLoaded(timeline: Timeline, message: Message): boolean {
  const oldest = timeline.messages[0];
  if (timeline.state !== 'ready' || timeline.olderCursor === null || oldest === undefined) return false;
  return compareMessages(message, oldest) < 0;
}

/** Puts one message into a loaded timeline; the same object comes back when nothing changed. */
export function putMessage(timeline: Timeline, message: Message): Timeline {
  const index = indexOfId(timeline.messages, message.id);
  const known = timeline.messages[index];
  if (known !== undefined && known.version >= message.version) return timeline;
  if (known === undefined && isBeforeLoaded(timeline, message)) return timeline;
  const messages = timeline.messages.slice();
  if (known?.position === message.position) {
    messages[index] = message;
  } else {
    if (known !== undefined) messages.splice(index, 1);
    insertSorted(messages, message);
  }
  return { ...timeline, messages };
}

/** Removes a message for good. */
export function dropMessage(timeline: Timeline, messageId: string): Timeline {
  const messages = timeline.messages.filter((message) => message.id !== messageId);
  return { ...timeline, messages, gone: new Set(timeline.gone).add(messageId) };
}

/** Puts one note in; notes never change once written. */
export function putNote(timeline: Timeline, note: Note): Timeline {
  if (timeline.notes.some((known) => known.id === note.id)) return timeline;
  const notes = timeline.notes.slice();
  notes.splice(
    lowerBound(notes, (item) => compareNotes(item, note)),
    0,
    note,
  );
  return { ...timeline, notes };
}

/**
 * Merges a requested page. It may be newer or older than the events already applied; versions decide message by
 * message. Messages that arrived by event while the first page was being loaded stay, unless they are older than the
 * page.
 */
export function mergePage(timeline: Timeline | undefined, page: MessagePage): Timeline {
  const base = timeline ?? EMPTY_TIMELINE;
  const byId = new Map<string, Message>();
  for (const message of base.messages) byId.set(message.id, message);
  for (const message of page.items.filter(({ id }) => !base.gone.has(id))) {
    const known = byId.get(message.id);
    if (known === undefined || known.version < message.version) byId.set(message.id, message);
  }
  let messages = [...byId.values()].sort(compareMessages);
  const first = page.items[0];
  if (base.state !== 'ready' && page.nextCursor !== null && first !== undefined) {
    messages = messages.filter((message) => compareMessages(message, first) >= 0);
  }
  const merged: Timeline = { ...base, state: 'ready', messages, olderCursor: page.nextCursor };
  return (page.notes ?? []).reduce(putNote, merged);
}
