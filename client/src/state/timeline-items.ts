/** Builds the lines of a timeline from messages, notes and commands on their way. Pure. */
import type { Note } from '../../../src/contract/entities.ts';
import type { Message } from '../../../src/contract/message.ts';
import type { Timeline } from '../sync/model.ts';
import type { Entry } from '../sync/outbox.ts';
import type { Uploads, Upload } from '../sync/uploads.ts';
import { continuesAlbum } from './albums.ts';

/** One line of a timeline, from top to bottom. `key` stays the same when an echo becomes a message. */
export type TimelineItem =
  | { readonly type: 'day'; readonly key: string; readonly day: string }
  | { readonly type: 'unread'; readonly key: string }
  | { readonly type: 'backlog'; readonly key: string; readonly edge: 'begins' | 'ends' }
  | { readonly type: 'message'; readonly key: string; readonly message: Message; readonly isFirst: boolean }
  | { readonly type: 'album'; readonly key: string; readonly messages: readonly Message[]; readonly isFirst: boolean }
  | { readonly type: 'note'; readonly key: string; readonly note: Note }
  | { readonly type: 'echo'; readonly key: string; readonly entry: Entry; readonly isFirst: boolean }
  | { readonly type: 'upload'; readonly key: string; readonly upload: Upload; readonly isFirst: boolean };

/** Whether a line keeps its place when older pages are loaded. Separators between messages do not. */
export const isLasting = ({ type }: TimelineItem): boolean => type === 'message' || type === 'album' || type === 'note';

/** The instant that decides a message's day: when it was written, but never after it reached us. */
function instantOf(message: Message): string {
  return message.sentAt < message.receivedAt ? message.sentAt : message.receivedAt;
}

/** The local calendar day of an instant as yyyy-mm-dd. */
function dayOf(instant: string): string {
  const date = new Date(instant);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Messages of one side within this time are drawn as one group. */
const GROUP_MS = 5 * 60_000;

const lastMessageOf = (item: TimelineItem | undefined): Message | null => {
  if (item?.type === 'album') return item.messages.at(-1) ?? null;
  return item?.type === 'message' ? item.message : null;
};

function beginsGroup(message: Message, before: TimelineItem | undefined): boolean {
  const other = lastMessageOf(before);
  if (other === null) return true;
  const isSameAuthor = other.direction === message.direction && other.author.id === message.author.id;
  return !isSameAuthor || Date.parse(message.sentAt) - Date.parse(other.sentAt) > GROUP_MS;
}

/**
 * Whether something that `me` is sending begins a group. Decided as for the later message, so that the line keeps its
 * height when the message replaces it.
 */
function beginsOwnGroup(sentAt: string, before: TimelineItem | undefined, me: string | null): boolean {
  if (before?.type === 'upload' || (before?.type === 'echo' && before.entry.name !== 'note:add')) return false;
  const other = lastMessageOf(before);
  if (other === null || other.author.type !== 'member' || other.author.id !== me) return true;
  return Date.parse(sentAt) - Date.parse(other.sentAt) > GROUP_MS;
}

/** The line as an album if it is one or can become one, else null. */
function groupOf(item: TimelineItem | undefined): Extract<TimelineItem, { type: 'album' }> | null {
  if (item?.type === 'album') return item;
  if (item?.type !== 'message') return null;
  return { type: 'album', key: item.key, messages: [item.message], isFirst: item.isFirst };
}

/** Adds a message as its own line, or to the album before it. */
function placeMessage(items: TimelineItem[], message: Message): void {
  const before = items.at(-1);
  const group = groupOf(before);
  if (group !== null && continuesAlbum(group.messages, message)) {
    items[items.length - 1] = { ...group, messages: [...group.messages, message] };
    return;
  }
  const key = message.commandId ?? message.id;
  items.push({ type: 'message', key, message, isFirst: beginsGroup(message, before) });
}

/** Adds a line where a run of imported messages begins or ends. */
function placeEdge(items: TimelineItem[], message: Message, before: Message | undefined): void {
  const isBacklog = message.backlog === true;
  if (isBacklog === (before?.backlog === true)) return;
  const edge = isBacklog ? 'begins' : 'ends';
  items.push({ type: 'backlog', key: `backlog-${edge}-${message.id}`, edge });
}

/** What a thread's timeline is drawn from. */
export interface TimelineParts {
  readonly timeline: Pick<Timeline, 'messages' | 'notes'>;
  readonly echoes: readonly Entry[];
  readonly uploads: Uploads;
  readonly unreadFromId: string | null;
  /** The member who sends what is on its way. */
  readonly me: string | null;
}

/**
 * All lines in drawing order: messages by position, notes by when they were written, and what is on its way at the end.
 */
export function timelineItems({ timeline, echoes, uploads, unreadFromId, me }: TimelineParts): readonly TimelineItem[] {
  const items: TimelineItem[] = [];
  let day = '';
  const beginDay = (instant: string): void => {
    const itsDay = dayOf(instant);
    if (itsDay <= day) return;
    items.push({ type: 'day', key: `day-${itsDay}`, day: itsDay });
    day = itsDay;
  };
  const push = (item: TimelineItem, instant: string): void => {
    beginDay(instant);
    items.push(item);
  };
  const pushNote = (note: Note): void => {
    push({ type: 'note', key: note.id, note }, note.createdAt);
  };
  let next = 0;
  for (const [index, message] of timeline.messages.entries()) {
    const at = instantOf(message);
    for (let note = timeline.notes[next]; note !== undefined && note.createdAt < at; note = timeline.notes[next]) {
      pushNote(note);
      next += 1;
    }
    beginDay(at);
    placeEdge(items, message, timeline.messages[index - 1]);
    if (message.id === unreadFromId) items.push({ type: 'unread', key: 'unread' });
    placeMessage(items, message);
  }
  timeline.notes.slice(next).forEach(pushNote);
  for (const entry of echoes) {
    beginDay(entry.createdAt);
    const isFirst = beginsOwnGroup(entry.createdAt, items.at(-1), me);
    items.push({ type: 'echo', key: entry.commandId, entry, isFirst });
  }
  for (const upload of uploads) {
    beginDay(upload.createdAt);
    const isFirst = beginsOwnGroup(upload.createdAt, items.at(-1), me);
    items.push({ type: 'upload', key: upload.commandId, upload, isFirst });
  }
  return items;
}

/**
 * Id of the message above which the "new" line is drawn: the first of the last `unread` inbound messages, counted back
 * from `lastId`, which was the thread's last message at the time. Later messages are below the line too. Null when
 * nothing was unread.
 */
export function firstUnread(
  messages: readonly Message[],
  { unread, lastId }: { readonly unread: number; readonly lastId: string | null },
): string | null {
  const last = messages.findLastIndex(({ id }) => id === lastId);
  let left = unread;
  for (let index = last < 0 ? messages.length - 1 : last; index >= 0 && left > 0; index -= 1) {
    const message = messages[index] as Message;
    if (message.direction !== 'inbound') continue;
    left -= 1;
    if (left === 0) return message.id;
  }
  return null;
}
