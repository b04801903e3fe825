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

/** The greatest id among these messages; ids grow in the order of arrival, which positions do not. Empty when there is none. */
const latestOf = (messages: readonly Message[]): string =>
  messages.filter(canBeUnread).reduce<string>((latest, { id }) => (id > latest ? id : latest), '');

/**
 * The id of the customer's latest message that a conversation with nothing unread takes into account: a message that is
 * shown before its conversation has changed does not count yet.
 */
export function readTo({ lastMessage }: Thread, messages: readonly Message[]): string {
  return latestOf(messages.slice(0, messages.findLastIndex(({ id }) => id === lastMessage?.id) + 1));
}

/**
 * Whether all that is unread has arrived after `seenTo`, or may have: nothing is known of older messages while they are
 * not loaded. Null: the conversation was just opened, so everything is new.
 */
export function isNews(unread: number, messages: readonly Message[], seenTo: string | null): boolean {
  if (seenTo === null) return true;
  const theirs = messages.filter(canBeUnread);
  const fresh = theirs.filter(({ id }) => id > seenTo);
  return unread <= fresh.length || fresh.length === theirs.length;
}
