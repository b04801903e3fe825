/**
 * Commands on their way, as a pure value. The same command id is used until the server has answered, whatever happens
 * to the connection; a new attempt after a refusal is a new intent with a new id.
 *
 * | state      | meaning                                             | next                                     |
 * | ---------- | --------------------------------------------------- | ---------------------------------------- |
 * | `waiting`  | to be sent when the connection is live              | `inflight` (sent)                        |
 * | `inflight` | emitted, no answer yet, or refused for the moment   | gone (ok), `rejected`, `waiting`, `held` |
 * | `held`     | for too long refused for the moment, or unanswered: | `waiting` (same id), gone (dismissed, or |
 * |            | the person is asked; the latter has no `error`      | answered late)                           |
 * | `rejected` | the server refused; shown with its reason           | gone (retried with a new id, dismissed)  |
 *
 * Commands of one lane (a thread) leave one at a time, so that two quick messages keep their order: those after one that
 * is held wait with it.
 */
import type { Note } from '../../../src/contract/entities.ts';
import type { ErrorBody } from '../../../src/contract/errors.ts';
import type { Event } from '../../../src/contract/events.ts';
import type { Message } from '../../../src/contract/message.ts';

/** Commands that must arrive once even if the connection breaks meanwhile. */
export type DurableName =
  | 'message:send'
  | 'message:retry'
  | 'media:retry'
  | 'note:add'
  | 'thread:read'
  | 'thread:assign'
  | 'thread:set-status'
  | 'thread:mark-unread'
  | 'thread:set-tags';

/** One command. `input` is the contract's input without the command id. */
export interface Entry {
  readonly commandId: string;
  readonly name: DurableName;
  readonly input: Readonly<Record<string, unknown>>;
  readonly threadId: string;
  readonly state: 'waiting' | 'inflight' | 'held' | 'rejected';
  readonly attempts: number;
  /**
   * When it was first sent on this connection, or since the person last asked; by the server's clock. Null: not yet.
   */
  readonly sentSinceMs?: number | null;
  /** When the person asked for it; ISO 8601, by the server's clock. */
  readonly createdAt: string;
  /** Who had the thread when the person chose a new assignee; not sent to the server. */
  readonly seenAssigneeId?: string | null;
  /** The batch that it belongs to; not sent to the server. */
  readonly batchId?: string;
  readonly error: ErrorBody | null;
}

/** A command as submitted. */
export type NewEntry = Omit<Entry, 'state' | 'attempts' | 'sentSinceMs' | 'error'>;

/** Oldest first. */
export type Outbox = readonly Entry[];

export const EMPTY_OUTBOX: Outbox = [];
/** With this many unanswered commands, further ones are refused at once. */
export const MAX_OUTBOX = 200;

/** How long a command that is temporarily refused or not answered is sent again automatically. */
const MAX_SENT_MS = 30_000;

const begun = (entry: NewEntry): Entry => ({ ...entry, state: 'waiting', attempts: 0, error: null });

/** Adds a command; a command id that is already there changes nothing. */
export function enqueue(outbox: Outbox, entry: NewEntry): Outbox {
  return outbox.some((known) => known.commandId === entry.commandId) ? outbox : [...outbox, begun(entry)];
}

/** Asks for the same in another way, ahead of what waits behind it; a command that is gone is not replaced. */
export function replace(outbox: Outbox, commandId: string, entry: NewEntry): Outbox {
  return outbox.map((known) => (known.commandId === commandId ? begun(entry) : known));
}

/** The commands that may be emitted now: the first of each lane, unless one of that lane is in flight. */
export function sendable(outbox: Outbox): readonly Entry[] {
  const busy = new Set<string>();
  const ready: Entry[] = [];
  for (const entry of outbox) {
    if (entry.state === 'rejected' || busy.has(entry.threadId)) continue;
    busy.add(entry.threadId);
    if (entry.state === 'waiting') ready.push(entry);
  }
  return ready;
}

const change = (outbox: Outbox, commandId: string, patch: Partial<Entry>): Outbox =>
  outbox.map((entry) => (entry.commandId === commandId ? { ...entry, ...patch } : entry));

/** Without what was refused of a conversation's status before the person asked for this one: they have decided anew. */
function withoutFormerStatus(outbox: Outbox, commandId: string): Outbox {
  const sent = outbox.find((entry) => entry.commandId === commandId);
  if (sent?.name !== 'thread:set-status') return outbox;
  const isFormer = ({ name, state, threadId }: Entry): boolean =>
    state === 'rejected' && name === sent.name && threadId === sent.threadId;
  return outbox.filter((entry) => !isFormer(entry));
}

/** Marks a command as emitted. A status takes the place of one that was refused. */
export function markSent(outbox: Outbox, commandId: string, nowMs: number): Outbox {
  return withoutFormerStatus(outbox, commandId).map((entry) => {
    if (entry.commandId !== commandId) return entry;
    return { ...entry, state: 'inflight', attempts: entry.attempts + 1, sentSinceMs: entry.sentSinceMs ?? nowMs };
  });
}

const isSentTooLong = ({ sentSinceMs }: Entry, nowMs: number): boolean => nowMs - (sentSinceMs ?? nowMs) >= MAX_SENT_MS;

/** No answer in time: the outcome is open, so the same id is sent again, or held until the person decides. */
export function markUnanswered(outbox: Outbox, commandId: string, nowMs: number): Outbox {
  return outbox.map((entry) => {
    if (entry.commandId !== commandId || entry.state !== 'inflight') return entry;
    return { ...entry, state: isSentTooLong(entry, nowMs) ? 'held' : 'waiting' };
  });
}

/**
 * Temporarily refused: it waits for another try, or, if that has gone on for too long, is held until the person
 * decides.
 */
export function postpone(outbox: Outbox, commandId: string, error: ErrorBody, nowMs: number): Outbox {
  return outbox.map((entry) =>
    entry.commandId === commandId && isSentTooLong(entry, nowMs) ? { ...entry, state: 'held', error } : entry,
  );
}

/** The pause after a temporary refusal is over. */
export function markPostponed(outbox: Outbox, commandId: string): Outbox {
  return outbox.map((entry) =>
    entry.commandId === commandId && entry.state === 'inflight' ? { ...entry, state: 'waiting' } : entry,
  );
}

/** The person wants held commands tried again. These are the same intents, which may even have been executed. */
export function release(outbox: Outbox): Outbox {
  return outbox.map((entry) =>
    entry.state === 'held' ? { ...entry, state: 'waiting', error: null, sentSinceMs: null } : entry,
  );
}

/** The connection is gone: everything in flight waits for the next one, and so does what this one never answered. */
export function markDisconnected(outbox: Outbox): Outbox {
  return outbox.map((entry) => {
    if (asksPerson(entry) && entry.error !== null) return entry;
    return { ...entry, state: 'waiting', sentSinceMs: null };
  });
}

/** Whether it continues only when the person has decided. */
export function asksPerson({ state }: Entry): boolean {
  return state === 'held' || state === 'rejected';
}

/** The server refused: kept, to be shown with its reason. */
export function reject(outbox: Outbox, commandId: string, error: ErrorBody): Outbox {
  return change(outbox, commandId, { state: 'rejected', error });
}

/** Removes a command that was answered or dismissed. */
export function remove(outbox: Outbox, commandId: string): Outbox {
  return outbox.filter((entry) => entry.commandId !== commandId);
}

/**
 * A message of ours is committed: its echo is removed. Later messages of the same lane that were written when the same
 * message was the newest on screen now name this one as the newest, because the server checked that nothing came
 * between.
 */
export function settle(outbox: Outbox, message: Message): Outbox {
  const done = outbox.find((entry) => entry.commandId === message.commandId);
  if (done === undefined) return outbox;
  const seen = done.input['seenMessageId'];
  return remove(outbox, done.commandId).map((entry) => {
    const follows = entry.threadId === done.threadId && entry.state === 'waiting' && entry.attempts === 0;
    if (!follows || seen === undefined || entry.input['seenMessageId'] !== seen) return entry;
    return { ...entry, input: { ...entry.input, seenMessageId: message.id } };
  });
}

/** Settles every command whose message an event shows to be committed. */
export function settleFromEvents(outbox: Outbox, events: readonly Event[]): Outbox {
  if (outbox.length === 0) return outbox;
  return events.reduce<Outbox>(
    (current, event) =>
      event.type === 'message.created' || event.type === 'message.updated'
        ? settle(current, event.data.message)
        : current,
    outbox,
  );
}

/** A refused command as a new intent: another id, the same input without the given fields. */
export function renew(entry: Entry, commandId: string, dropped: readonly string[] = []): NewEntry {
  const input = Object.fromEntries(Object.entries(entry.input).filter(([key]) => !dropped.includes(key)));
  const { name, threadId, createdAt, seenAssigneeId, batchId } = entry;
  const seen = seenAssigneeId === undefined ? {} : { seenAssigneeId };
  const ofBatch = batchId === undefined ? {} : { batchId };
  return { commandId, name, input, threadId, createdAt, ...seen, ...ofBatch };
}

/** Whether a command is an answer to the customer. */
export const isSend = ({ name, input }: NewEntry): boolean => name === 'message:send' && input['kind'] !== 'reaction';

/**
 * The note commands of a thread whose notes the timeline does not show yet. Notes carry no command id: a note of this
 * member with the same text that is not older than the command counts as its note, each for one command.
 */
function unsavedNotes(entries: readonly Entry[], notes: readonly Note[], me: string | null): readonly Entry[] {
  const free = notes.filter(({ authorId }) => authorId === me);
  return entries.filter(({ input, createdAt }) => {
    const at = free.findIndex((note) => note.text === input['text'] && note.createdAt >= createdAt);
    if (at >= 0) free.splice(at, 1);
    return at < 0;
  });
}

/** What a timeline holds already. */
export interface Held {
  readonly messages: readonly Message[];
  readonly notes: readonly Note[];
}

/** Commands that a thread's timeline does not show yet: sends without their message, and notes of `me` without their note. */
export function echoesOf(
  outbox: Outbox,
  threadId: string,
  { messages, notes }: Held,
  me: string | null,
): readonly Entry[] {
  const echoes = outbox.filter((entry) => entry.threadId === threadId && (isSend(entry) || entry.name === 'note:add'));
  if (echoes.length === 0) return echoes;
  const known = new Set(messages.map((message) => message.commandId));
  const noted = echoes.filter(({ name }) => name === 'note:add');
  const unsaved = new Set(unsavedNotes(noted, notes, me));
  return echoes.filter((entry) => (entry.name === 'note:add' ? unsaved.has(entry) : !known.has(entry.commandId)));
}
