/** Commands that must arrive exactly once: they go through the outbox. */
import { serverNow } from '../clock.ts';
import type { ThreadStatus } from '../../../src/contract/entities.ts';
import type { Store } from '../state/store.ts';
import type { ReplyOptions, SendContent } from './content.ts';
import type { Feed } from './feed.ts';
import { MAX_OUTBOX, renew, type DurableName, type Entry, type NewEntry } from './outbox.ts';
import { assignment, putAway, statusChange, tagChange, type Change, type TagChange } from './thread-changes.ts';

/** What screens may ask for and rely on. */
export type CommandActions = ReturnType<typeof makeCommandActions>;

/** Builds the actions that go through the outbox. */
export function makeCommandActions(store: Store, feed: Feed) {
  const submitChange = (change: Change): boolean => {
    if (store.get().outbox.length >= MAX_OUTBOX) return false;
    feed.submit({ ...change, commandId: crypto.randomUUID(), createdAt: new Date(serverNow()).toISOString() });
    return true;
  };
  const submit = (name: DurableName, threadId: string, input: NewEntry['input']): boolean =>
    submitChange({ name, threadId, input });
  return {
    /** False when too many commands are waiting already. */
    send: (threadId: string, content: SendContent, options: ReplyOptions = {}): boolean =>
      submit('message:send', threadId, { threadId, ...content, ...options }),
    /** An empty emoji removes the reaction. */
    react: (threadId: string, messageId: string, emoji: string): boolean =>
      submit('message:send', threadId, { threadId, kind: 'reaction', reaction: { messageId, emoji } }),
    retryMessage: (threadId: string, messageId: string): boolean => submit('message:retry', threadId, { messageId }),
    /** Requests a failed download again. */
    retryMedia: (threadId: string, messageId: string): boolean => submit('media:retry', threadId, { messageId }),
    addNote: (threadId: string, text: string, mentions: readonly string[]): boolean =>
      submit('note:add', threadId, { threadId, text, ...(mentions.length === 0 ? {} : { mentions }) }),
    assign: (threadId: string, assigneeId: string | null): boolean =>
      submitChange(assignment(threadId, store.get().machine.inbox.threads.get(threadId), assigneeId)),
    setStatus: (threadId: string, status: ThreadStatus, snoozeUntil?: string): boolean => {
      const thread = store.get().machine.inbox.threads.get(threadId);
      const isPutAway = status === 'resolved' || status === 'snoozed';
      if (thread === undefined || !isPutAway) return submitChange(statusChange(threadId, status, snoozeUntil));
      return submitChange(putAway(thread, status, snoozeUntil));
    },
    /** `fromMessageId`: this message and what the customer wrote after it; without it, only their newest. */
    markUnread: (threadId: string, fromMessageId?: string): boolean =>
      submit('thread:mark-unread', threadId, { threadId, ...(fromMessageId === undefined ? {} : { fromMessageId }) }),
    setTags: (threadId: string, change: TagChange): boolean => submitChange(tagChange(threadId, change)),
    /** Sends a refused command again as a new intent, without the `dropped` fields. */
    retryCommand: (entry: Entry, dropped: readonly string[] = []): void => {
      feed.drop(entry.commandId);
      feed.submit(renew(entry, crypto.randomUUID(), dropped));
    },
    /** Sends everything that is held, with its original ids. */
    retryHeld: (): void => {
      feed.release();
    },
    dismiss: (commandId: string): void => {
      feed.drop(commandId);
    },
  };
}
