/** Controls to assign a thread and change its status. */
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import type { Member, Thread, ThreadStatus } from '../../../src/contract/entities.ts';
import { actions, sameItems, useApp } from '../state/app.ts';
import { mayAssign } from '../state/role.ts';
import { asksPerson } from '../sync/outbox.ts';
import { composerPort } from './composer/composer-port.ts';
import { fullTime } from './format.ts';
import { Icon } from './icons.tsx';
import { SnoozeDialog, SnoozeMenu } from './snooze-menu.tsx';
import { snoozePort } from './snooze-port.ts';

const STATUSES: readonly (readonly [ThreadStatus, string])[] = [
  ['open', 'Open'],
  ['pending', 'Pending'],
  ['snoozed', 'Snoozed'],
  ['resolved', 'Resolved'],
];

/** Members this person may assign: agents only themselves. The current assignee is always listed. */
export function useCandidates(assigneeId: string | null): readonly Member[] {
  return useApp((state) => {
    const members = [...state.machine.inbox.members.values()];
    const mayChoose = ({ id }: Member): boolean => id === assigneeId || mayAssign(state, assigneeId, id);
    return members.filter(mayChoose).sort((a, b) => a.displayName.localeCompare(b.displayName));
  }, sameItems);
}

const useIsPending = (threadId: string, name: string): boolean =>
  useApp((state) =>
    state.outbox.some((entry) => entry.threadId === threadId && entry.name === name && !asksPerson(entry)),
  );

interface PickerProps {
  readonly thread: Thread;
  readonly label: string;
  /** Label of the choice for nobody. */
  readonly none: string;
}

/** Assigns the thread. While a change is pending it is not disabled, since that would take away the focus. */
export function AssigneePicker({ thread, label, none }: PickerProps): ReactNode {
  const candidates = useCandidates(thread.assigneeId);
  const me = useApp((state) => state.machine.inbox.me);
  const isPending = useIsPending(thread.id, 'thread:assign');
  const isKnown = thread.assigneeId === null || candidates.some((member) => member.id === thread.assigneeId);
  return (
    <select
      data-testid="assign-select"
      aria-label={label}
      value={thread.assigneeId ?? ''}
      aria-disabled={isPending}
      onChange={(event) => {
        if (!isPending) actions.assign(thread.id, event.target.value || null);
      }}
    >
      <option value="">{none}</option>
      {isKnown ? null : <option value={thread.assigneeId ?? ''}>Former colleague</option>}
      {candidates.map((member) => (
        <option key={member.id} value={member.id}>
          {member.id === me ? `${member.displayName} (you)` : member.displayName}
        </option>
      ))}
    </select>
  );
}

/** The assignee, with a button to take an unassigned thread. */
export function AssignSelect({ thread }: { readonly thread: Thread }): ReactNode {
  const me = useApp((state) => state.machine.inbox.me);
  const isPending = useIsPending(thread.id, 'thread:assign');
  return (
    <span className="assign" data-pending={isPending}>
      {thread.assigneeId === null ? (
        <button
          type="button"
          className="button"
          data-testid="assign-me"
          title="Assign to me (I)"
          aria-disabled={isPending}
          onClick={() => {
            if (isPending || me === null) return;
            actions.assign(thread.id, me);
            // The button disappears; writing the reply comes next.
            composerPort.current?.focus('reply');
          }}
        >
          Take it
        </button>
      ) : null}
      <AssigneePicker thread={thread} label="Assigned to" none="Unassigned" />
    </span>
  );
}

type Snoozing = 'menu' | 'dialog' | null;

/** Which snooze question is open: the menu or the dialog. Opened by the status list or by a shortcut. */
function useSnoozing() {
  const [asks, setAsks] = useState<Snoozing>(null);
  const begin = useCallback(() => {
    setAsks('menu');
  }, []);
  useEffect(() => {
    snoozePort.current = begin;
    return () => {
      snoozePort.current = null;
    };
  }, [begin]);
  return {
    asks,
    begin,
    other: useCallback(() => {
      setAsks('dialog');
    }, []),
    leaveMenu: useCallback(() => {
      setAsks((before) => (before === 'menu' ? null : before));
    }, []),
    end: useCallback(() => {
      setAsks(null);
    }, []),
  };
}

/** The thread's status, with a button for the most common change. */
export function StatusSelect({ thread }: { readonly thread: Thread }): ReactNode {
  const snoozing = useSnoozing();
  const isPending = useIsPending(thread.id, 'thread:set-status');
  const isResolved = thread.status === 'resolved';
  const snooze = (until: string): void => {
    actions.setStatus(thread.id, 'snoozed', until);
  };
  const choose = (status: ThreadStatus): void => {
    if (isPending) return;
    if (status === 'snoozed') snoozing.begin();
    else actions.setStatus(thread.id, status);
  };
  const title = thread.snoozedUntil === null ? 'Status' : `Until ${fullTime(thread.snoozedUntil)}`;
  return (
    <span className="status" data-pending={isPending}>
      <select
        data-testid="status-select"
        aria-label="Status"
        title={title}
        value={thread.status}
        aria-disabled={isPending}
        onChange={(event) => {
          choose(event.target.value as ThreadStatus);
        }}
      >
        {STATUSES.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <button
        type="button"
        className="button"
        data-testid="resolve"
        title={isResolved ? 'Open again' : 'Resolve (E)'}
        aria-disabled={isPending}
        onClick={() => {
          choose(isResolved ? 'open' : 'resolved');
        }}
      >
        <Icon name={isResolved ? 'retry' : 'check'} size={16} />
        <span className="button-label">{isResolved ? 'Reopen' : 'Resolve'}</span>
      </button>
      {snoozing.asks === 'menu' ? (
        <SnoozeMenu onSnooze={snooze} onDone={snoozing.leaveMenu} onOther={snoozing.other} />
      ) : null}
      {snoozing.asks === 'dialog' ? <SnoozeDialog onSnooze={snooze} onDone={snoozing.end} /> : null}
    </span>
  );
}
