/**
 * The client's state as a pure function of a snapshot and the events after it.
 *
 * | input                               | effect                                                        |
 * | ----------------------------------- | ------------------------------------------------------------- |
 * | frame of another epoch              | resync                                                        |
 * | frame that begins above the cursor  | resync (a defect of the stream)                               |
 * | events at or below the cursor       | ignored                                                       |
 * | entity with a lower version         | ignored, the known one stays                                  |
 * | frame without events                | moves the cursor                                              |
 */
import type { Member, Note, Thread } from '../../../src/contract/entities.ts';
import type { Cursor, Event, EventsFrame, EventType } from '../../../src/contract/events.ts';
import type { CommandResult } from '../../../src/contract/commands.ts';
import type { Message } from '../../../src/contract/message.ts';
import { addCounts, deltaOf, flagsOf, MAX_DELTAS } from './counts.ts';
import { compareThreads, lowerBound } from './order.ts';
import { EMPTY_INBOX, EMPTY_TIMELINE, type CountDelta, type InboxState, type Timeline } from './model.ts';
import { dropMessage, mergePage, putMessage, putNote, type MessagePage } from './timelines.ts';

/** Either the next state, or the instruction to fetch everything again. */
export type FrameResult = { readonly kind: 'applied'; readonly state: InboxState } | { readonly kind: 'resync' };

/** How many removed threads are remembered. */
const MAX_REMOVED = 1000;

/** A working copy, opened once per frame, so that a frame of many events copies the collections once. */
interface Draft extends InboxState {
  threads: Map<string, Thread>;
  order: string[];
  timelines: Map<string, Timeline>;
  members: Map<string, Member>;
  counted: Map<string, number>;
  removed: Map<string, number>;
  deltas: CountDelta[];
  accounts: InboxState['accounts'];
  savedReplies: InboxState['savedReplies'];
  tags: readonly string[];
  counts: InboxState['counts'];
  countsStale: boolean;
}

function openDraft(state: InboxState): Draft {
  return {
    ...state,
    threads: new Map(state.threads),
    order: state.order.slice(),
    timelines: new Map(state.timelines),
    members: new Map(state.members),
    counted: new Map(state.counted),
    removed: new Map(state.removed),
    deltas: state.deltas.slice(),
  };
}

function closeDraft(draft: Draft, cursor: Cursor | null): InboxState {
  if (draft.deltas.length > MAX_DELTAS) draft.deltas.splice(0, draft.deltas.length - MAX_DELTAS);
  for (const id of draft.removed.keys()) {
    if (draft.removed.size <= MAX_REMOVED) break;
    draft.removed.delete(id);
  }
  return { ...draft, cursor };
}

function unlist(draft: Draft, thread: Thread): void {
  const at = lowerBound(draft.order, (id) => compareThreads(draft.threads.get(id) as Thread, thread));
  if (draft.order[at] === thread.id) draft.order.splice(at, 1);
}

function learnTags(draft: Draft, tags: readonly string[]): void {
  const fresh = tags.filter((tag) => !draft.tags.includes(tag));
  if (fresh.length > 0) draft.tags = [...draft.tags, ...fresh].sort((a, b) => a.localeCompare(b));
}

/** Stores a thread unless a newer version is known, and moves it to its place in the list. */
function putThread(draft: Draft, thread: Thread): void {
  const known = draft.threads.get(thread.id);
  if (known !== undefined && known.version >= thread.version) return;
  if (known !== undefined) unlist(draft, known);
  draft.threads.set(thread.id, thread);
  const at = lowerBound(draft.order, (id) => compareThreads(draft.threads.get(id) as Thread, thread));
  draft.order.splice(at, 0, thread.id);
  learnTags(draft, thread.tags);
}

function count(draft: Draft, seq: number, change: { id: string; before: number | null; after: number | null }): void {
  if (change.after === null) draft.counted.delete(change.id);
  else draft.counted.set(change.id, change.after);
  const delta = change.before === null ? null : deltaOf(change.before, change.after ?? 0);
  draft.deltas.push({ seq, delta });
  if (seq <= draft.countsAt) return;
  if (delta === null) draft.countsStale = true;
  else draft.counts = addCounts(draft.counts, delta);
}

/** What the thread contributed to the counts just before this event; null when that is unknown. */
function contributionBefore(draft: Draft, thread: Thread, created: boolean): number | null {
  const counted = draft.counted.get(thread.id);
  if (counted !== undefined) return counted;
  // A thread known only from a page was read at another moment: refresh the counts instead of guessing.
  return created ? 0 : null;
}

function threadChanged(draft: Draft, seq: number, change: { thread: Thread; created: boolean }): void {
  const { thread } = change;
  const before = contributionBefore(draft, thread, change.created);
  count(draft, seq, { id: thread.id, before, after: flagsOf(thread, draft.me) });
  draft.removed.delete(thread.id);
  putThread(draft, thread);
}

function threadRemoved(draft: Draft, seq: number, threadId: string): void {
  count(draft, seq, { id: threadId, before: draft.counted.get(threadId) ?? null, after: null });
  const known = draft.threads.get(threadId);
  if (known !== undefined) unlist(draft, known);
  draft.threads.delete(threadId);
  draft.timelines.delete(threadId);
  draft.removed.set(threadId, seq);
}

function messageChanged(draft: Draft, message: Message): void {
  const timeline = draft.timelines.get(message.threadId);
  if (timeline !== undefined) draft.timelines.set(message.threadId, putMessage(timeline, message));
}

const NO_FILES = { files: [] };

type Handlers = { readonly [T in EventType]: (draft: Draft, event: Extract<Event, { type: T }>) => void };

const HANDLERS: Handlers = {
  'message.created': (draft, event) => {
    messageChanged(draft, event.data.message);
  },
  'message.updated': (draft, event) => {
    messageChanged(draft, event.data.message);
  },
  'message.removed': (draft, event) => {
    const { messageId, threadId } = event.data;
    const timeline = draft.timelines.get(threadId);
    if (timeline !== undefined) draft.timelines.set(threadId, dropMessage(timeline, messageId));
  },
  'thread.created': (draft, event) => {
    threadChanged(draft, event.seq, { thread: event.data.thread, created: true });
  },
  'thread.updated': (draft, event) => {
    threadChanged(draft, event.seq, { thread: event.data.thread, created: false });
  },
  'thread.removed': (draft, event) => {
    threadRemoved(draft, event.seq, event.data.threadId);
  },
  'note.created': (draft, event) => {
    const timeline = draft.timelines.get(event.data.note.threadId);
    if (timeline !== undefined) draft.timelines.set(event.data.note.threadId, putNote(timeline, event.data.note));
  },
  'member.updated': (draft, event) => {
    const { member, removed } = event.data;
    if (removed === true) draft.members.delete(member.id);
    else draft.members.set(member.id, member);
  },
  'account.updated': (draft, event) => {
    const { account } = event.data;
    // The log does not repeat a number's capabilities, which depend on the carrier and the release, not on the row.
    const alike = [...draft.accounts.values()].find(({ provider }) => provider === account.provider);
    const capabilities = alike?.capabilities;
    const known = capabilities === undefined ? {} : { capabilities };
    draft.accounts = new Map(draft.accounts).set(account.id, { ...known, ...account });
  },
  'saved-reply.updated': (draft, event) => {
    const { savedReply } = event.data;
    // An event of before there were files does not name any.
    draft.savedReplies = new Map(draft.savedReplies).set(savedReply.id, { ...NO_FILES, ...savedReply });
  },
  'saved-reply.removed': (draft, event) => {
    const kept = new Map(draft.savedReplies);
    kept.delete(event.data.savedReplyId);
    draft.savedReplies = kept;
  },
};

function applyEvent(draft: Draft, event: Event): void {
  // An event of a later protocol has no handler: it only moves the cursor.
  const handler = HANDLERS[event.type] as ((draft: Draft, event: Event) => void) | undefined;
  handler?.(draft, event);
}

/** Applies one frame of the stream. Pure; the given state is not touched. */
export function applyFrame(state: InboxState, frame: EventsFrame): FrameResult {
  const cursor = state.cursor;
  if (cursor === null || frame.epoch !== cursor.epoch || frame.from > cursor.seq) return { kind: 'resync' };
  const seq = Math.max(cursor.seq, frame.to);
  const events = frame.events.filter((event) => event.seq > cursor.seq);
  if (events.length === 0) return { kind: 'applied', state: { ...state, cursor: { epoch: cursor.epoch, seq } } };
  const draft = openDraft(state);
  for (const event of events) applyEvent(draft, event);
  return { kind: 'applied', state: closeDraft(draft, { epoch: cursor.epoch, seq }) };
}

/** A new state from `inbox:snapshot`; nothing of an earlier state survives. */
export function fromSnapshot(snapshot: CommandResult<'inbox:snapshot'>, me: string | null): InboxState {
  const threads = new Map(snapshot.threads.map((thread) => [thread.id as string, thread]));
  return {
    ...EMPTY_INBOX,
    cursor: snapshot.cursor,
    me,
    threads,
    order: [...threads.values()].sort(compareThreads).map((thread) => thread.id),
    members: new Map(snapshot.members.map((member) => [member.id as string, member])),
    accounts: new Map(snapshot.accounts.map((account) => [account.id as string, account])),
    tags: [...snapshot.tags].sort((a, b) => a.localeCompare(b)),
    savedReplies: new Map(snapshot.savedReplies?.map((one) => [one.id, one])),
    counts: snapshot.counts,
    countsAt: snapshot.cursor.seq,
    counted: new Map([...threads.values()].map((thread) => [thread.id as string, flagsOf(thread, me)])),
  };
}

/**
 * Adds threads that came with a page or an answer. `askedAt` is the cursor at the time of the request: a thread that
 * left the view after that is not brought back. The counts do not change: they follow the events.
 */
export function mergeThreads(state: InboxState, threads: readonly Thread[], askedAt: number): InboxState {
  const wanted = threads.filter((thread) => {
    const known = state.threads.get(thread.id);
    return (state.removed.get(thread.id) ?? -1) <= askedAt && (known === undefined || known.version < thread.version);
  });
  if (wanted.length === 0) return state;
  const draft = openDraft(state);
  for (const thread of wanted) putThread(draft, thread);
  return closeDraft(draft, state.cursor);
}

const withTimeline = (state: InboxState, threadId: string, timeline: Timeline): InboxState => ({
  ...state,
  timelines: new Map(state.timelines).set(threadId, timeline),
});

/** Begins a timeline: from now on events of the thread are kept, while its first page is being loaded. */
export function beginTimeline(state: InboxState, threadId: string): InboxState {
  const known = state.timelines.get(threadId);
  if (known !== undefined && known.state !== 'failed') return state;
  return withTimeline(state, threadId, known === undefined ? EMPTY_TIMELINE : { ...known, state: 'loading' });
}

/** Changes a thread's timeline; a thread that left the view meanwhile stays gone. */
export function changeTimeline(
  state: InboxState,
  threadId: string,
  change: (timeline: Timeline) => Timeline,
): InboxState {
  const timeline = state.timelines.get(threadId);
  const changed = timeline === undefined ? undefined : change(timeline);
  return changed === undefined || changed === timeline ? state : withTimeline(state, threadId, changed);
}

/** Merges a page of the newest messages, or of those before them. */
export const mergeMessages = (state: InboxState, threadId: string, page: MessagePage): InboxState =>
  changeTimeline(state, threadId, (timeline) => mergePage(timeline, page));

/** Marks a first page that could not be loaded, so that the screen can offer to try again. */
export function failTimeline(state: InboxState, threadId: string): InboxState {
  const timeline = state.timelines.get(threadId);
  return timeline?.state !== 'loading' ? state : withTimeline(state, threadId, { ...timeline, state: 'failed' });
}

/** The parts of a command's answer that timelines hold; other answers have neither. */
export interface Answer {
  readonly message?: Message;
  readonly note?: Note;
  readonly thread?: Thread;
}

/** Adds one message or note from an answer. Does nothing if the thread's timeline is not loaded. */
export function mergeAnswer(state: InboxState, answer: Answer): InboxState {
  const threadId = answer.message?.threadId ?? answer.note?.threadId;
  const timeline = threadId === undefined ? undefined : state.timelines.get(threadId);
  if (threadId === undefined || timeline === undefined) return state;
  const withMessage = answer.message === undefined ? timeline : putMessage(timeline, answer.message);
  return withTimeline(state, threadId, answer.note === undefined ? withMessage : putNote(withMessage, answer.note));
}

/** Drops all timelines but the given ones, to bound memory. */
export function keepTimelines(state: InboxState, keep: ReadonlySet<string>): InboxState {
  if ([...state.timelines.keys()].every((id) => keep.has(id))) return state;
  return { ...state, timelines: new Map([...state.timelines].filter(([id]) => keep.has(id))) };
}
