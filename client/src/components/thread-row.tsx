/** One conversation in the list. */
import { memo, type ReactNode } from 'react';
import type { Thread } from '../../../src/contract/entities.ts';
import { serverNow } from '../clock.ts';
import { actions, useApp } from '../state/app.ts';
import { hitOf } from '../state/finding.ts';
import { Avatar } from './avatar.tsx';
import { fullTime, listTime, untilTime } from './format.ts';
import { FoundText } from './found-text.tsx';
import { Icon } from './icons.tsx';
import { previewOf } from './summary.ts';
import { Ticks } from './ticks.tsx';

const MAX_TAGS = 2;
const STATUS_WORDS = { pending: 'Pending', snoozed: 'Snoozed', resolved: 'Resolved' } as const;

function Preview({ thread }: { readonly thread: Thread }): ReactNode {
  const hit = useApp((state) => hitOf(state, thread.id));
  const isTyping = useApp(
    (state) => state.volatile.typing.get(thread.id)?.some((typist) => typist.type === 'contact') === true,
  );
  const draft = useApp((state) => state.drafts[thread.id]?.reply ?? '');
  const last = thread.lastMessage;
  if (hit != null) return <FoundText hit={hit} />;
  if (isTyping) return <span className="row-typing">typing …</span>;
  if (draft.trim() !== '') {
    return (
      <>
        <span className="row-draft">Draft:</span> <bdi>{draft}</bdi>
      </>
    );
  }
  if (last === null) return <span className="faint">No messages yet</span>;
  return (
    <>
      {last.direction === 'outbound' ? <Ticks status={last.status} /> : null}
      {previewOf(last)}
    </>
  );
}

function Assignee({ thread }: { readonly thread: Thread }): ReactNode {
  const member = useApp((state) =>
    thread.assigneeId === null ? undefined : state.machine.inbox.members.get(thread.assigneeId),
  );
  const isMine = useApp((state) => thread.assigneeId !== null && state.machine.inbox.me === thread.assigneeId);
  if (thread.assigneeId === null || isMine) return null;
  const name = member?.displayName ?? 'Former colleague';
  return (
    <span className="row-assignee" title={`Assigned to ${name}`}>
      <Avatar name={name} seed={thread.assigneeId} size="small" />
    </span>
  );
}

function Viewers({ threadId }: { readonly threadId: string }): ReactNode {
  const others = useApp((state) => {
    const viewers =
      state.volatile.viewing.get(threadId)?.filter((viewer) => viewer.memberId !== state.machine.inbox.me) ?? [];
    if (viewers.length === 0) return null;
    return viewers.some((viewer) => viewer.state === 'replying') ? 'replying' : 'viewing';
  });
  if (others === null) return null;
  return (
    <span
      className="row-viewers"
      data-state={others}
      title={others === 'replying' ? 'A colleague is replying' : 'A colleague is viewing'}
    >
      <Icon name="eye" size={14} />
    </span>
  );
}

/** The number that the customer wrote to; shown only when there are several. */
function NumberName({ accountId }: { readonly accountId: string }): ReactNode {
  const name = useApp(({ machine: { inbox } }) =>
    inbox.accounts.size > 1 ? inbox.accounts.get(accountId)?.name : undefined,
  );
  return name === undefined ? null : <span className="row-number">{name}</span>;
}

/** The status unless it is open; for a snoozed conversation, until when. */
function StatusMark({ status, snoozedUntil }: Thread): ReactNode {
  if (status === 'open') return null;
  const isResting = status === 'snoozed' && snoozedUntil !== null;
  return (
    <span
      className="chip"
      data-status={status}
      title={isResting ? `Snoozed until ${fullTime(snoozedUntil)}` : undefined}
    >
      {isResting ? (
        <>
          <Icon name="clock" size={12} />
          <span className="hidden">Snoozed</span> until {untilTime(snoozedUntil, serverNow())}
        </>
      ) : (
        STATUS_WORDS[status]
      )}
    </span>
  );
}

function Marks({ thread }: { readonly thread: Thread }): ReactNode {
  return (
    <span className="row-marks">
      <NumberName accountId={thread.accountId} />
      <StatusMark {...thread} />
      {thread.tags.slice(0, MAX_TAGS).map((tag) => (
        <span key={tag} className="chip">
          {tag}
        </span>
      ))}
      {thread.tags.length > MAX_TAGS ? <span className="chip">+{thread.tags.length - MAX_TAGS}</span> : null}
      <Viewers threadId={thread.id} />
      <Assignee thread={thread} />
    </span>
  );
}

interface RowProps {
  readonly threadId: string;
  readonly isSelected: boolean;
}

/** Renders again only when its own thread changes. */
export const ThreadRow = memo(function ThreadRow({ threadId, isSelected }: RowProps): ReactNode {
  const thread = useApp((state) => state.machine.inbox.threads.get(threadId));
  if (thread === undefined) return null;
  const isUnread = thread.unreadCount > 0;
  const last = thread.lastMessage;
  return (
    <button
      type="button"
      className="row"
      data-testid="thread-row"
      data-thread-id={thread.id}
      data-unread={isUnread}
      aria-current={isSelected}
      onMouseDown={(event) => {
        // Otherwise the browser would select the texts in between.
        if (event.shiftKey) event.preventDefault();
      }}
      onClick={({ shiftKey }) => {
        if (shiftKey) actions.checkUpTo(thread.id);
        else void actions.open(thread.id);
      }}
    >
      <Avatar name={thread.contact.displayName} seed={thread.contact.id} />
      <span className="row-body">
        <span className="row-line">
          <span className="row-name">{thread.contact.displayName}</span>
          <time className="row-time" dateTime={thread.lastActivityAt} title={fullTime(thread.lastActivityAt)}>
            {listTime(thread.lastActivityAt, serverNow())}
          </time>
        </span>
        <span className="row-line">
          <span
            className="row-preview"
            dir="auto"
            data-failed={last?.status === 'failed' || last?.status === 'unknown'}
          >
            <Preview thread={thread} />
          </span>
          {isUnread ? (
            <span className="badge" data-testid="unread" aria-label={`${String(thread.unreadCount)} unread`}>
              {thread.unreadCount > 99 ? '99+' : thread.unreadCount}
            </span>
          ) : null}
        </span>
        <Marks thread={thread} />
      </span>
    </button>
  );
});
