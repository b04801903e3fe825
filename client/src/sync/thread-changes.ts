/** The changes of a conversation, as commands: the same for one conversation and for many. */
import type { Thread, ThreadStatus } from '../../../src/contract/entities.ts';
import type { NewEntry } from './outbox.ts';

/** A command without its identity. */
export type Change = Pick<NewEntry, 'name' | 'threadId' | 'input' | 'seenAssigneeId'>;

/** Refused with `conflict` when somebody else took the thread since we last saw it. */
export function assignment(threadId: string, thread: Thread | undefined, assigneeId: string | null): Change {
  const name = 'thread:assign';
  if (thread === undefined || assigneeId === null) return { name, threadId, input: { threadId, assigneeId } };
  const input = { threadId, assigneeId, expectedVersion: thread.version };
  return { name, threadId, input, seenAssigneeId: thread.assigneeId };
}

/** `snoozeUntil` is for status `snoozed`; ISO 8601. */
export function statusChange(threadId: string, status: ThreadStatus, snoozeUntil?: string): Change {
  const input = { threadId, status, ...(snoozeUntil === undefined ? {} : { snoozeUntil }) };
  return { name: 'thread:set-status', threadId, input };
}

/** Refused with `stale_view` when the customer wrote since we last saw the conversation: nobody would see that message. */
export function putAway(thread: Thread, status: 'resolved' | 'snoozed', snoozeUntil?: string): Change {
  const change = statusChange(thread.id, status, snoozeUntil);
  if (thread.lastMessage === null) return change;
  return { ...change, input: { ...change.input, seenMessageId: thread.lastMessage.id } };
}

/** Tags to add to a conversation and to remove from it. */
export interface TagChange {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

export function tagChange(threadId: string, change: TagChange): Change {
  return { name: 'thread:set-tags', threadId, input: { threadId, ...change } };
}

/** Null when there is nothing unread. The customer is not told, since nobody has looked at what they wrote. */
export function readChange({ id: threadId, unreadCount, lastMessage }: Thread): Change | null {
  if (unreadCount === 0 || lastMessage === null) return null;
  return { name: 'thread:read', threadId, input: { threadId, upToMessageId: lastMessage.id, receipt: false } };
}

/** Null when something is unread already; else the customer's newest message becomes unread. */
export function unreadChange({ id: threadId, unreadCount }: Thread): Change | null {
  return unreadCount > 0 ? null : { name: 'thread:mark-unread', threadId, input: { threadId } };
}
