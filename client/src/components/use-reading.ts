/** Tells the server what has been read, only while the tab is visible and the newest message is on screen. */
import { useEffect, useState } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { actions, useApp } from '../state/app.ts';
import { isNews } from '../state/reading.ts';

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

/** Whether what is unread is new to this window. Also notes what is seen where no event tells that all is read. */
function useNews(threadId: string, messages: readonly Message[]): boolean {
  const thread = useApp((state) => state.machine.inbox.threads.get(threadId));
  const seen = useApp((state) => state.seen);
  const outbox = useApp((state) => state.outbox);
  const isOpened = seen === null;
  useEffect(() => {
    actions.noteSeen();
  }, [thread, isOpened, outbox]);
  return thread !== undefined && isNews(thread.unreadCount, messages, seen);
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
