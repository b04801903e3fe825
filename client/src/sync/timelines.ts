/** Merges into one thread's timeline: a lower version never replaces a higher one, and no gap appears in the middle. */
import type { Note } from '../../../src/contract/entities.ts';
import type { Message } from '../../../src/contract/message.ts';
import { compareMessages, compareNotes, lowerBound } from './order.ts';
import { EMPTY_TIMELINE, type Stretch, type Timeline } from './model.ts';

/** The part of a `thread:messages` answer that timelines need. */
export interface MessagePage {
  readonly items: readonly Message[];
  readonly notes?: readonly Note[] | undefined;
  readonly nextCursor: string | null;
  /** Of a page that does not end with the newest message: where the next newer one begins. */
  readonly newerCursor?: string | null | undefined;
}

/** What is shown of a thread, and where older messages begin. */
export type Shown = Pick<Timeline, 'messages' | 'notes' | 'olderCursor'>;

/** Elsewhere, notes are shown that were written between the messages. */
export function shownOf(timeline: Timeline): Shown {
  const { elsewhere, notes } = timeline;
  if (elsewhere === null) return timeline;
  const { messages, olderCursor } = elsewhere;
  const [from, to] = [olderCursor === null ? '' : (messages[0]?.sentAt ?? ''), messages.at(-1)?.sentAt ?? ''];
  return { messages, olderCursor, notes: notes.filter(({ createdAt }) => createdAt >= from && createdAt <= to) };
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

/** A stretch elsewhere has no message that it did not have before: it may be far from where this one belongs. */
function renew(elsewhere: Stretch | null, message: Message): Stretch | null {
  const index = elsewhere === null ? -1 : indexOfId(elsewhere.messages, message.id);
  const known = elsewhere?.messages[index];
  if (elsewhere === null || known === undefined || known.version >= message.version) return elsewhere;
  const messages = elsewhere.messages.slice();
  if (known.position === message.position) messages[index] = message;
  else messages.splice(index, 1);
  return { ...elsewhere, messages };
}

/** Puts one message into a loaded timeline; the same object comes back when nothing changed. */
export function putMessage(timeline: Timeline, message: Message): Timeline {
  const elsewhere = renew(timeline.elsewhere, message);
  const base = elsewhere === timeline.elsewhere ? timeline : { ...timeline, elsewhere };
  return putNewest(base, message);
}

function putNewest(timeline: Timeline, message: Message): Timeline {
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
  const without = (messages: readonly Message[]): readonly Message[] => messages.filter(({ id }) => id !== messageId);
  const { elsewhere } = timeline;
  return {
    ...timeline,
    messages: without(timeline.messages),
    elsewhere: elsewhere === null ? null : { ...elsewhere, messages: without(elsewhere.messages) },
    gone: new Set(timeline.gone).add(messageId),
  };
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

/** Both in one order, without what is gone; of a message that is in both, the higher version. */
function united({ gone }: Timeline, some: readonly Message[], others: readonly Message[]): readonly Message[] {
  const byId = new Map<string, Message>(some.map((message) => [message.id, message]));
  for (const message of others.filter(({ id }) => !gone.has(id))) {
    const known = byId.get(message.id);
    if (known === undefined || known.version < message.version) byId.set(message.id, message);
  }
  return [...byId.values()].sort(compareMessages);
}

/** Shows the newest messages again. */
export function showNewest(timeline: Timeline): Timeline {
  return timeline.elsewhere === null ? timeline : { ...timeline, elsewhere: null, shown: timeline.shown + 1 };
}

/** A stretch of which it is not known yet whether it reaches the newest messages. */
type Read = Omit<Stretch, 'newerCursor'> & { readonly newerCursor: string | null };

const isOlder = (a: Message | undefined, b: Message | undefined): boolean =>
  a !== undefined && b !== undefined && compareMessages(a, b) < 0;

/** The stretch as what is shown, or joined with the newest messages if it reaches them. */
function settle(timeline: Timeline, { newerCursor, ...read }: Read): Timeline {
  const { messages, olderCursor } = read;
  const isApart = isOlder(messages.at(-1), timeline.messages[0]);
  if (newerCursor !== null && isApart) return { ...timeline, elsewhere: { ...read, newerCursor } };
  const isWithin = isOlder(timeline.messages[0], messages[0]);
  return {
    ...timeline,
    messages: united(timeline, timeline.messages, messages),
    olderCursor: isWithin ? timeline.olderCursor : olderCursor,
    elsewhere: null,
  };
}

/** Shows a page somewhere in the thread instead of what is shown. */
export function showPage(timeline: Timeline, page: MessagePage): Timeline {
  const leftAt = timeline.elsewhere?.leftAt ?? timeline.messages.at(-1)?.position ?? '';
  const stretch = { messages: united(timeline, [], page.items), olderCursor: page.nextCursor, leftAt };
  const settled = settle({ ...timeline, elsewhere: null }, { ...stretch, newerCursor: page.newerCursor ?? null });
  const isSame = timeline.elsewhere === null && settled.elsewhere === null;
  return isSame ? settled : { ...settled, shown: timeline.shown + 1 };
}

/** Adds the page before a cursor to what is shown elsewhere, if that still begins there: it may be another place by now. */
export function addOlder(timeline: Timeline, page: MessagePage, before: string): Timeline {
  const { elsewhere } = timeline;
  if (elsewhere?.olderCursor !== before) return timeline;
  const messages = united(timeline, elsewhere.messages, page.items);
  return { ...timeline, elsewhere: { ...elsewhere, messages, olderCursor: page.nextCursor } };
}

/** The same with the page after a cursor. */
export function addNewer(timeline: Timeline, page: MessagePage, after: string): Timeline {
  const { elsewhere } = timeline;
  if (elsewhere?.newerCursor !== after) return timeline;
  const messages = united(timeline, elsewhere.messages, page.items);
  return settle(timeline, { ...elsewhere, messages, newerCursor: page.newerCursor ?? null });
}

/** How many have come since, while something else is shown. */
export const arrivedSince = ({ messages, elsewhere }: Timeline): number =>
  elsewhere === null ? 0 : messages.filter(({ position }) => position > elsewhere.leftAt).length;

/**
 * Merges a requested page. It may be newer or older than the events already applied; versions decide message by
 * message. Messages that arrived by event while the first page was being loaded stay, unless they are older than the
 * page.
 */
export function mergePage(timeline: Timeline | undefined, page: MessagePage): Timeline {
  const base = timeline ?? EMPTY_TIMELINE;
  let messages = united(base, base.messages, page.items);
  const first = page.items[0];
  if (base.state !== 'ready' && page.nextCursor !== null && first !== undefined) {
    messages = messages.filter((message) => compareMessages(message, first) >= 0);
  }
  const merged: Timeline = { ...base, state: 'ready', messages, olderCursor: page.nextCursor };
  return (page.notes ?? []).reduce(putNote, merged);
}
