/** The shapes of the client's copy of the inbox. Values only; nothing here touches a socket or the DOM. */
import type { Counts } from '../../../src/contract/commands.ts';
import type { Account, Member, Note, Thread } from '../../../src/contract/entities.ts';
import type { Cursor } from '../../../src/contract/events.ts';
import type { Message } from '../../../src/contract/message.ts';
import type { SavedReply } from '../../../src/contract/saved-replies.ts';

/** Messages somewhere further up in a thread, without gaps, which are not connected with the newest ones. */
export interface Stretch {
  /** Oldest first, by `position`, then id. */
  readonly messages: readonly Message[];
  /** Where the next older page begins; null when the beginning of the thread is loaded. */
  readonly olderCursor: string | null;
  /** Where the next newer page begins. */
  readonly newerCursor: string;
  /** Position of the newest message when the newest ones were left: what has come since was not on screen. */
  readonly leftAt: string;
}

/** The loaded messages of one thread: everything from the oldest loaded one up to now, without gaps. */
export interface Timeline {
  /** `loading`: the newest page is being loaded, and events are kept meanwhile; `failed`: it could not be loaded. */
  readonly state: 'loading' | 'ready' | 'failed';
  /** Oldest first, by `position`, then id. */
  readonly messages: readonly Message[];
  /** Oldest first, by `createdAt`, then id. */
  readonly notes: readonly Note[];
  /** Removed messages, so that a page read before does not bring them back. */
  readonly gone: ReadonlySet<string>;
  /** Where the next older page begins; null when the beginning of the thread is loaded. */
  readonly olderCursor: string | null;
  /** What is shown instead of the newest messages; null while those are shown. */
  readonly elsewhere: Stretch | null;
  /** Rises when other messages are shown, and stays when those that are shown become more. */
  readonly shown: number;
}

/** What one event changed in the counts; null when the thread's earlier state was unknown. */
export interface CountDelta {
  readonly seq: number;
  readonly delta: Counts | null;
}

/** Everything the server told us durably, as of `cursor`. */
export interface InboxState {
  /** Null until the first snapshot. */
  readonly cursor: Cursor | null;
  /** The member whose inbox this is; decides what `mine` means. */
  readonly me: string | null;
  readonly threads: ReadonlyMap<string, Thread>;
  /** Ids of `threads`, latest activity first, then by id. */
  readonly order: readonly string[];
  readonly timelines: ReadonlyMap<string, Timeline>;
  readonly members: ReadonlyMap<string, Member>;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly tags: readonly string[];
  readonly savedReplies: ReadonlyMap<string, SavedReply>;
  /** Exact as of `cursor`, or being refreshed when `countsStale`. */
  readonly counts: Counts;
  /** Events at or below this position are already inside `counts`. */
  readonly countsAt: number;
  readonly countsStale: boolean;
  /** What each thread contributes to `counts` as of `cursor` (see flagsOf). */
  readonly counted: ReadonlyMap<string, number>;
  /** The latest changes of `counts`, for bringing a figure that was read a moment ago up to `cursor`. */
  readonly deltas: readonly CountDelta[];
  /** Threads that left the view, and at which position, so that a late page does not bring them back. */
  readonly removed: ReadonlyMap<string, number>;
}

const NO_COUNTS: Counts = { mine: 0, unassigned: 0, all: 0, unread: 0 };

/** The state before anything was received. */
export const EMPTY_INBOX: InboxState = {
  cursor: null,
  me: null,
  threads: new Map(),
  order: [],
  timelines: new Map(),
  members: new Map(),
  accounts: new Map(),
  tags: [],
  savedReplies: new Map(),
  counts: NO_COUNTS,
  countsAt: 0,
  countsStale: false,
  counted: new Map(),
  deltas: [],
  removed: new Map(),
};

export const EMPTY_TIMELINE: Timeline = {
  state: 'loading',
  messages: [],
  notes: [],
  gone: new Set(),
  olderCursor: null,
  elsewhere: null,
  shown: 0,
};
