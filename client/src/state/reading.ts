/**
 * Tells what is new to a window in its open conversation from what somebody has marked as unread although this window
 * has shown it already: the latter stays unread until the conversation is opened anew. Pure.
 */
import type { Thread } from '../../../src/contract/entities.ts';
import type { Message } from '../../../src/contract/message.ts';
import type { Timeline } from '../sync/model.ts';

/** Whether a message can be unread: it is the customer's own, and not imported history. */
export const canBeUnread = ({ direction, kind, backlog }: Message): boolean =>
  direction === 'inbound' && kind !== 'system' && backlog !== true;

/** Whether a conversation certainly has no message that can be unread. */
export const hasNothingToMark = (timeline: Timeline | undefined): boolean =>
  timeline?.state === 'ready' && timeline.olderCursor === null && !timeline.messages.some(canBeUnread);

/** What of a conversation was there when nothing of it was unread. */
export interface Seen {
  /** The conversation's version then. */
  readonly version: number;
  /** What could be unread. */
  readonly ids: ReadonlySet<string>;
  /** All before this position was there as well, loaded or not; empty where the conversation was loaded from its beginning. */
  readonly from: string;
}

/**
 * A snapshot has come since: what is unread may have been read and marked before it, so nothing is new until nothing is
 * unread.
 */
export const UNSURE: Seen = { version: 0, ids: new Set(), from: '' };

/**
 * What a conversation with nothing unread takes into account: a message that is shown before its conversation has
 * changed does not count yet.
 */
export function seenIn({ version, lastMessage }: Thread, { messages, olderCursor }: Timeline): Seen {
  const counted = messages.slice(0, messages.findLastIndex(({ id }) => id === lastMessage?.id) + 1);
  const ids = new Set<string>(counted.filter(canBeUnread).map(({ id }) => id));
  return { version, ids, from: olderCursor === null ? '' : (messages[0]?.position ?? '') };
}

/**
 * Whether all that is unread has come since, or may have: nothing is known of older messages while they are not loaded.
 * `seen` null: the conversation was just opened, so everything is new.
 */
export function isNews(unread: number, messages: readonly Message[], seen: Seen | null): boolean {
  if (seen === null) return true;
  if (seen === UNSURE) return false;
  const theirs = messages.filter(canBeUnread);
  const fresh = theirs.filter(({ id, position }) => position >= seen.from && !seen.ids.has(id));
  return unread <= fresh.length || fresh.length === theirs.length;
}

/**
 * The newest message that can have been on screen. Elsewhere: of those that somebody has read, the newest one when the
 * newest ones were left, which may never have been shown; if there is none, the last one that is shown.
 */
export function lastSeenId({ messages, elsewhere }: Timeline, unread: number): string | undefined {
  if (elsewhere === null) return messages.at(-1)?.id;
  const unreadFrom = messages.filter(canBeUnread).at(-unread);
  const readCount = unread === 0 ? messages.length : messages.findIndex((message) => message === unreadFrom);
  const read = messages.slice(0, Math.max(0, readCount));
  const seen = read.findLast(({ position }) => position <= elsewhere.leftAt) ?? elsewhere.messages.at(-1);
  return seen?.id;
}
