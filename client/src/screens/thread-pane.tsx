/** The open conversation: its header, timeline and composer. */
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import type { Account, Thread } from '../../../src/contract/entities.ts';
import type { Message } from '../../../src/contract/message.ts';
import { serverNow } from '../clock.ts';
import { actions, useApp } from '../state/app.ts';
import { hasNothingToMark } from '../state/reading.ts';
import { firstUnread } from '../state/timeline-items.ts';
import { AimBar } from '../components/aim-bar.tsx';
import { Avatar } from '../components/avatar.tsx';
import { Composer } from '../components/composer/composer.tsx';
import { composerPort } from '../components/composer/composer-port.ts';
import type { Mode } from '../components/composer/composer-tabs.tsx';
import { DropZone } from '../components/composer/drop-zone.tsx';
import { useTray } from '../components/composer/use-tray.ts';
import { FindBar } from '../components/find-bar.tsx';
import { untilTime } from '../components/format.ts';
import { Icon } from '../components/icons.tsx';
import { findKey } from '../components/palette-key.ts';
import { Announcer } from '../components/announcer.tsx';
import { putAside } from '../components/put-aside.ts';
import { Refusals } from '../components/refusals.tsx';
import { AssignSelect, StatusSelect } from '../components/thread-controls.tsx';
import { Timeline } from '../components/timeline.tsx';
import { TypingIndicator, Viewing } from '../components/who.tsx';
import { NoThread } from './no-thread.tsx';

function UnreadButton({ threadId }: { readonly threadId: string }): ReactNode {
  const isIdle = useApp((state) => hasNothingToMark(state.machine.inbox.timelines.get(threadId)));
  return (
    <button
      type="button"
      className="icon-button"
      data-testid="mark-unread"
      title={
        isIdle
          ? 'The customer has written nothing that could be unread'
          : 'Mark as unread and close (U). It stays unread until somebody opens it.'
      }
      aria-label="Mark as unread"
      aria-disabled={isIdle}
      onClick={() => {
        putAside(threadId);
      }}
    >
      <Icon name="unread" />
    </button>
  );
}

function Header({ thread, account }: { readonly thread: Thread; readonly account: Account | undefined }): ReactNode {
  const isDetailsOpen = useApp((state) => state.ui.isDetailsOpen);
  const until = thread.snoozedUntil;
  const resting = until === null ? null : `snoozed until ${untilTime(until, serverNow())}`;
  const where = [thread.contact.phone, account?.name, resting].filter(Boolean).join(' · ');
  return (
    <header className="thread-head">
      <button
        type="button"
        className="icon-button only-narrow"
        aria-label="Back to the list"
        onClick={() => {
          actions.select(null);
        }}
      >
        <Icon name="back" />
      </button>
      <Avatar name={thread.contact.displayName} seed={thread.contact.id} />
      <div className="thread-who">
        <h2>{thread.contact.displayName}</h2>
        <span className="faint">{where}</span>
      </div>
      <Viewing threadId={thread.id} />
      <AssignSelect thread={thread} />
      <StatusSelect thread={thread} />
      <UnreadButton threadId={thread.id} />
      <button
        type="button"
        className="icon-button"
        data-testid="find-open"
        title={`Search in this conversation (${findKey()})`}
        aria-label="Search in this conversation"
        onClick={actions.openFind}
      >
        <Icon name="search" />
      </button>
      <button
        type="button"
        className="icon-button"
        data-testid="details-toggle"
        aria-pressed={isDetailsOpen}
        title="Details (])"
        aria-label="Details"
        onClick={() => {
          actions.toggleDetails();
        }}
      >
        <Icon name="panel" />
      </button>
    </header>
  );
}

function AccountBar({ account }: { readonly account: Account | undefined }): ReactNode {
  if (account === undefined || account.state === 'connected') return null;
  const words = {
    degraded: 'is having trouble; messages may be slow',
    disconnected: 'is not connected; messages will wait',
    reauth: 'needs to be linked again by an administrator; messages will wait',
  }[account.state];
  return (
    <div className="bar" data-level="warn">
      The number “{account.name}” {words}.{account.stateReason === null ? '' : ` (${account.stateReason})`}
    </div>
  );
}

/**
 * Id of the message below the "new" line. Fixed when the thread is opened, so that the line does not move while
 * reading.
 */
function useUnreadLine(thread: Thread): string | null {
  const messages = useApp((state) => {
    const timeline = state.machine.inbox.timelines.get(thread.id);
    return timeline?.state === 'ready' ? timeline.messages : undefined;
  });
  const openedWith = useRef({ unread: thread.unreadCount, lastId: thread.lastMessage?.id ?? null });
  const [line, setLine] = useState<string | null>(null);
  const isSet = useRef(false);
  useEffect(() => {
    if (messages === undefined || isSet.current) return;
    isSet.current = true;
    setLine(firstUnread(messages, openedWith.current));
  }, [messages]);
  return line;
}

function OpenThread({ thread }: { readonly thread: Thread }): ReactNode {
  const account = useApp((state) => state.machine.inbox.accounts.get(thread.accountId));
  const [replyTo, setReplyTo] = useState<Message | null>(null);
  const unreadFromId = useUnreadLine(thread);
  const clearReply = useCallback(() => {
    setReplyTo(null);
  }, []);
  const edit = useCallback((mode: Mode, text: string) => composerPort.current?.restore(mode, text), []);
  const tray = useTray(thread.id, account);
  return (
    <DropZone onFiles={tray.add}>
      <Header thread={thread} account={account} />
      <AccountBar account={account} />
      <FindBar threadId={thread.id} />
      <AimBar threadId={thread.id} />
      <Timeline
        threadId={thread.id}
        canReact={account?.capabilities?.reactions !== false}
        canQuote={account?.capabilities?.quotes !== false}
        unreadFromId={unreadFromId}
        onReply={setReplyTo}
        onEdit={edit}
      />
      <Announcer threadId={thread.id} />
      <Refusals threadId={thread.id} />
      <TypingIndicator threadId={thread.id} name={thread.contact.displayName} />
      <Composer thread={thread} account={account} replyTo={replyTo} onReplyDone={clearReply} />
    </DropZone>
  );
}

/** The third column. */
export function ThreadPane(): ReactNode {
  const selectedId = useApp((state) => state.ui.selectedId);
  const thread = useApp((state) =>
    state.ui.selectedId === null ? undefined : state.machine.inbox.threads.get(state.ui.selectedId),
  );
  return (
    <main className="pane-thread">
      {thread !== undefined ? <OpenThread key={thread.id} thread={thread} /> : null}
      {thread === undefined ? <NoThread selectedId={selectedId} /> : null}
    </main>
  );
}
