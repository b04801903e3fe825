/** Tells the server what has been read, only while the tab is visible and the newest message is on screen. */
import { useEffect, useState } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { actions, useApp } from '../state/app.ts';
import { isNews, readTo } from '../state/reading.ts';
import { asksPerson } from '../sync/outbox.ts';

const SETTLE_MS = 250;

/** Whether this tab is visible. */
function useTabVisible(): boolean {
  const [isVisible, setVisible] = useState(document.visibilityState === 'visible');
  useEffect(() => {
    const update = (): void => {
      setVisible(document.visibilityState === 'visible');
    };
    document.addEventListener('visibilitychange', update);
    return () => {
      document.removeEventListener('visibilitychange', update);
    };
  }, []);
  return isVisible;
}

/** Remembers what has been seen whenever nothing is unread. Returns whether what is unread now is new to this window. */
function useNews(threadId: string, messages: readonly Message[]): boolean {
  const thread = useApp((state) => state.machine.inbox.threads.get(threadId));
  const seenTo = useApp((state) => state.seenTo);
  const isMarking = useApp((state) =>
    state.outbox.some(
      (entry) => entry.threadId === threadId && entry.name === 'thread:mark-unread' && !asksPerson(entry),
    ),
  );
  const isOpened = seenTo === null;
  useEffect(() => {
    // Who opens it while it is still being marked as unread opens it anew.
    if (thread?.unreadCount === 0 && !isMarking) actions.noteSeen(readTo(thread, messages));
    // A message comes before the change of its conversation, so it alone says nothing.
  }, [thread, isOpened, isMarking]);
  return thread !== undefined && isNews(thread.unreadCount, messages, seenTo);
}

/**
 * Marks the thread as read up to its newest message while the conditions hold, unless somebody has marked as unread
 * what was read here. Sends a read receipt if the number supports it.
 */
export function useReading(threadId: string, messages: readonly Message[], isAtEnd: boolean): void {
  const unread = useApp((state) => state.machine.inbox.threads.get(threadId)?.unreadCount ?? 0);
  const isReady = useApp((state) => state.machine.isReady);
  const receipt = useApp((state) => {
    const accountId = state.machine.inbox.threads.get(threadId)?.accountId;
    return accountId !== undefined && state.machine.inbox.accounts.get(accountId)?.capabilities?.readReceipts === true;
  });
  const isNew = useNews(threadId, messages);
  const isVisible = useTabVisible();
  const newestId = messages.at(-1)?.id;
  const isReading = unread > 0 && isNew && isReady && isVisible && isAtEnd;
  useEffect(() => {
    if (!isReading || newestId === undefined) return undefined;
    const timer = setTimeout(() => {
      actions.markRead(threadId, newestId, receipt);
    }, SETTLE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [isReading, newestId, threadId, receipt]);
}
