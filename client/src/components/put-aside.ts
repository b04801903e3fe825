/** Marking the open conversation as unread. */
import { actions, store } from '../state/app.ts';
import { hasNothingToMark } from '../state/reading.ts';

/**
 * Marks what the customer wrote from a message on, or their newest message, and leaves the conversation: who has it
 * open seems to be at work on it. Does nothing where there is nothing to mark.
 */
export function putAside(threadId: string, fromMessageId?: string): void {
  if (hasNothingToMark(store.get().machine.inbox.timelines.get(threadId))) return;
  if (actions.markUnread(threadId, fromMessageId)) actions.select(null);
}
