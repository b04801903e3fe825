/** Entities and frames for the client's specs: small, valid, and overridable. */
import type { Account, Member, Note, Thread } from '../../src/contract/entities.ts';
import type { Event, EventsFrame } from '../../src/contract/events.ts';
import type { CommandResult } from '../../src/contract/commands.ts';
import type { Message } from '../../src/contract/message.ts';
import { applyFrame, beginTimeline, fromSnapshot } from '../../client/src/sync/apply-event.ts';
import { recount } from '../../client/src/sync/counts.ts';
import type { InboxState } from '../../client/src/sync/model.ts';

export const ME = '00000000-0000-7000-8000-00000000aaaa';
export const COLLEAGUE = '00000000-0000-7000-8000-00000000bbbb';
export const EPOCH = 'first';

/** A readable id, fitting wherever an id is wanted: `id('t', 3)`. */
export const id = (prefix: string, number: number): never =>
  `${prefix.codePointAt(0)?.toString(16).padStart(8, '0') ?? ''}-0000-7000-8000-${String(number).padStart(12, '0')}` as never;

/** An instant `minutes` after a fixed beginning. */
export const at = (minutes: number): string => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();

export function aThread(number: number, over: Partial<Thread> = {}): Thread {
  return {
    id: id('t', number),
    tenantId: id('n', 1),
    accountId: id('a', 1),
    contact: { id: id('c', number), displayName: `Customer ${String(number)}`, phone: null, addresses: [] },
    status: 'open',
    assigneeId: null,
    tags: [],
    unreadCount: 0,
    lastMessage: null,
    lastActivityAt: at(number),
    windowExpiresAt: null,
    snoozedUntil: null,
    version: 1,
    createdAt: at(0),
    ...over,
  };
}

export function aMessage(number: number, over: Partial<Message> = {}): Message {
  return {
    id: id('m', number),
    threadId: id('t', 1),
    accountId: id('a', 1),
    direction: 'inbound',
    kind: 'text',
    text: `message ${String(number)}`,
    media: null,
    replyTo: null,
    reactions: [],
    status: 'received',
    statusAt: {},
    error: null,
    author: { type: 'contact', id: null },
    providerMessageId: null,
    sentAt: at(number),
    receivedAt: at(number),
    position: String(number).padStart(8, '0'),
    editedAt: null,
    revokedAt: null,
    version: 1,
    ...over,
  };
}

export function aNote(number: number, over: Partial<Note> = {}): Note {
  return {
    id: id('o', number),
    threadId: id('t', 1),
    authorId: ME as Note['authorId'],
    text: 'note',
    mentions: [],
    createdAt: at(number),
    ...over,
  };
}

export function aMember(memberId: string): Member {
  return {
    id: memberId as Member['id'],
    userId: id('u', 1),
    displayName: 'Lea',
    role: 'agent',
    state: 'online',
    activeThreads: 0,
  };
}

export function anAccount(): Account {
  return { id: id('a', 1), provider: 'cloud', name: 'Support', phone: null, state: 'connected', stateReason: null };
}

export function aSnapshot(seq: number, threads: readonly Thread[], loaded = threads): CommandResult<'inbox:snapshot'> {
  return {
    cursor: { epoch: EPOCH, seq },
    threads: [...loaded],
    counts: recount(threads, ME),
    members: [aMember(ME)],
    accounts: [anAccount()],
    tags: [],
    savedReplies: [],
  };
}

/** A state as of `seq` holding these threads. */
export const inboxOf = (seq: number, threads: readonly Thread[], loaded = threads): InboxState =>
  fromSnapshot(aSnapshot(seq, threads, loaded), ME);

/** Numbers events from `first` on. */
export const numbered = (first: number, events: readonly Omit<Event, 'seq' | 'at'>[]): Event[] =>
  events.map((event, index) => ({ ...event, seq: first + index, at: at(0) }) as Event);

export const aFrame = (from: number, to: number, events: readonly Event[] = [], epoch = EPOCH): EventsFrame => ({
  from,
  to,
  epoch,
  events: [...events],
});

/** The state after a frame that it can take. */
export function applied(state: InboxState, frame: EventsFrame): InboxState {
  const result = applyFrame(state, frame);
  if (result.kind === 'resync') throw new Error('asked to resync');
  return result.state;
}

/** Thread 1 with its timeline begun. */
export const withTimeline = (state: InboxState): InboxState => beginTimeline(state, id('t', 1));

/** The texts of thread 1's timeline. */
export const texts = (state: InboxState): (string | null)[] =>
  (state.timelines.get(id('t', 1))?.messages ?? []).map((message) => message.text);
