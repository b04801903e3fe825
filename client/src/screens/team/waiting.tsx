/** Unassigned conversations, longest wait first, with a control to assign them right here. */
import { memo, useCallback, useEffect, useLayoutEffect, useRef, type ReactNode } from 'react';
import type { Thread } from '../../../../src/contract/entities.ts';
import { actions, sameItems, useApp } from '../../state/app.ts';
import { hasMore, NOTHING_LOADED, threadsInView, viewKey } from '../../state/selectors.ts';
import type { AppState } from '../../state/store.ts';
import { WAITING_VIEW } from '../../state/team.ts';
import { Avatar } from '../../components/avatar.tsx';
import { Elapsed } from '../../components/elapsed.tsx';
import { Icon } from '../../components/icons.tsx';
import { previewOf } from '../../components/summary.ts';
import { AssigneePicker } from '../../components/thread-controls.tsx';

const MOST_SHOWN = 10;

let remembered: { readonly key: readonly unknown[]; readonly ids: readonly string[] } | null = null;

/** The last result is cached, so that typing and presence events cost nothing here. */
function waiting({ machine, lists }: AppState): readonly string[] {
  const key = [machine.inbox.threads, lists];
  if (remembered === null || !sameItems(remembered.key, key))
    remembered = { key, ids: threadsInView(machine.inbox, WAITING_VIEW, lists, MOST_SHOWN) };
  return remembered.ids;
}

/** Calls `onLost` when the element is removed while it contains the focus. */
function useFocusHandover(onLost: () => void) {
  const element = useRef<HTMLLIElement>(null);
  useLayoutEffect(() => {
    const own = element.current;
    return () => {
      if (own?.contains(document.activeElement) === true) onLost();
    };
  }, [onLost]);
  return element;
}

/** Why it may wait: somebody set it to pending or snoozed it, or answered without taking it. */
function State({ thread: { status, lastMessage } }: { readonly thread: Thread }): ReactNode {
  if (status === 'pending' || status === 'snoozed')
    return (
      <span className="chip" data-status={status}>
        {status === 'pending' ? 'Pending' : 'Snoozed'}
      </span>
    );
  return lastMessage?.direction === 'outbound' ? <span className="chip">Answered</span> : null;
}

interface RowProps {
  readonly threadId: string;
  readonly onFocusLost: () => void;
}

/** Renders again only when its own conversation changes; the elapsed time updates every second. */
const Row = memo(function Row({ threadId, onFocusLost }: RowProps): ReactNode {
  const thread = useApp((state) => state.machine.inbox.threads.get(threadId));
  const element = useFocusHandover(onFocusLost);
  if (thread === undefined) return null;
  const { contact, lastMessage: last } = thread;
  const preview = last === null ? 'No messages yet' : previewOf(last);
  return (
    <li ref={element} className="waiting" data-testid="waiting" data-thread-id={threadId}>
      <Avatar name={contact.displayName} seed={contact.id} />
      <button
        type="button"
        className="waiting-body"
        onClick={() => {
          actions.select(threadId);
        }}
      >
        <span className="waiting-name">{contact.displayName}</span>
        <span className="waiting-preview" dir="auto">
          {preview}
        </span>
      </button>
      <State thread={thread} />
      <Elapsed since={thread.lastActivityAt} />
      <AssigneePicker thread={thread} label={`Assign ${contact.displayName} to`} none="Assign to …" />
    </li>
  );
});

function Rest({ isEmpty }: { readonly isEmpty: boolean }): ReactNode {
  const page = useApp((state) => state.lists[viewKey(WAITING_VIEW)] ?? NOTHING_LOADED);
  const isMore = useApp((state) => hasMore(WAITING_VIEW, state.lists));
  if (page.state === 'failed') {
    return (
      <p className="team-words">
        Not all could be loaded.{' '}
        <button type="button" className="link" onClick={() => void actions.loadMore(WAITING_VIEW)}>
          Try again
        </button>
      </p>
    );
  }
  if (isMore) return isEmpty ? <p className="team-words">Loading …</p> : null;
  return isEmpty ? (
    <div className="empty" data-testid="nobody-waits">
      <Icon name="check" size={28} />
      <h3>Nobody is waiting</h3>
      <p>Every conversation has somebody looking after it.</p>
    </div>
  ) : null;
}

/** Loads as much of the list as the screen shows, again after every snapshot and whenever the list gets shorter. */
function useEnough(shown: number): void {
  const isWanted = useApp(({ lists, machine }) => {
    const page = lists[viewKey(WAITING_VIEW)] ?? NOTHING_LOADED;
    return machine.isReady && machine.snapshot === 'none' && page.state === 'idle' && hasMore(WAITING_VIEW, lists);
  });
  useEffect(() => {
    if (isWanted && shown < MOST_SHOWN) void actions.loadMore(WAITING_VIEW);
  }, [isWanted, shown]);
}

/** The card with the longest waits. */
export function WaitingLongest(): ReactNode {
  const ids = useApp(waiting, sameItems);
  const heading = useRef<HTMLHeadingElement>(null);
  const toHeading = useCallback(() => {
    heading.current?.focus();
  }, []);
  useEnough(ids.length);
  return (
    <section className="team-card" aria-labelledby="team-waiting">
      <header className="team-card-head">
        <h2 id="team-waiting" ref={heading} tabIndex={-1}>
          Waiting longest
        </h2>
        <button
          type="button"
          className="link"
          data-testid="all-waiting"
          onClick={() => {
            actions.setView(WAITING_VIEW);
          }}
        >
          All that wait
        </button>
      </header>
      <ol className="waiting-list">
        {ids.map((id) => (
          <Row key={id} threadId={id} onFocusLost={toHeading} />
        ))}
      </ol>
      <Rest isEmpty={ids.length === 0} />
    </section>
  );
}
