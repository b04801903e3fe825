/** The buttons for all selected conversations, with their menus and dialogs. */
import { useCallback, useRef, useState, type ReactNode } from 'react';
import { actions, store } from '../../state/app.ts';
import { putAway, readChange, tagChange, unreadChange, type TagChange } from '../../sync/thread-changes.ts';
import { Icon, type IconName } from '../../components/icons.tsx';
import { SnoozeDialog, SnoozeMenu } from '../../components/snooze-menu.tsx';
import { AssignMenu, StatusMenu, type Act } from './checked-menus.tsx';
import { TagsDialog } from './tags-dialog.tsx';

type Asks = 'assign' | 'snooze' | 'status' | 'tags' | 'time';

interface ToolProps {
  readonly icon: IconName;
  readonly label: string;
  readonly title: string;
  readonly testId: string;
  /** For a button that opens something. */
  readonly isOpen?: boolean;
  readonly onClick: () => void;
}

function Tool({ icon, label, title, testId, isOpen, onClick }: ToolProps): ReactNode {
  return (
    <button type="button" title={title} data-testid={testId} aria-expanded={isOpen} onClick={onClick}>
      <Icon name={icon} />
      {label}
    </button>
  );
}

const READ_TITLE = 'Mark as read; customers are not told';
const UNREAD_TITLE = 'Mark as unread. They stay unread until somebody opens them.';

interface AskedProps {
  readonly asks: Asks | null;
  /** How many conversations are selected. */
  readonly count: number;
  readonly act: Act;
  readonly setAsks: (change: (before: Asks | null) => Asks | null) => void;
}

/** The menu or dialog that is open. */
function Asked({ asks, count, act, setAsks }: AskedProps): ReactNode {
  const close = useCallback(() => {
    // Another time asks in a dialog, in place of the menu.
    setAsks((before) => (before === asks ? null : before));
  }, [asks, setAsks]);
  const snooze = (until: string): void => {
    act('Snooze', (thread) => putAway(thread, 'snoozed', until));
  };
  if (asks === 'assign') return <AssignMenu act={act} onDone={close} />;
  if (asks === 'status') return <StatusMenu act={act} onDone={close} />;
  if (asks === 'snooze') {
    const onOther = (): void => {
      setAsks(() => 'time');
    };
    return <SnoozeMenu onSnooze={snooze} onDone={close} onOther={onOther} />;
  }
  if (asks === 'time') return <SnoozeDialog onSnooze={snooze} onDone={close} />;
  if (asks === null) return null;
  const onChange = (change: TagChange): void => {
    act('Change tags', ({ id }) => tagChange(id, change));
  };
  return <TagsDialog count={count} onChange={onChange} onClose={close} />;
}

/** Whoever marks a conversation as unread leaves it. */
function leaveChecked(): void {
  const { ui, checked } = store.get();
  if (ui.selectedId !== null && checked.ids.has(ui.selectedId)) actions.select(null);
}

function Full(): ReactNode {
  return (
    <p role="alert" className="checked-full">
      Too many changes are waiting already. Try again when they are done.
    </p>
  );
}

/** `count` conversations are selected. */
export function CheckedTools({ count }: { readonly count: number }): ReactNode {
  const [asks, setAsks] = useState<Asks | null>(null);
  const [isFull, setFull] = useState(false);
  const tools = useRef<HTMLDivElement>(null);
  const act: Act = (label, changeOf) => {
    // A menu that was open goes away with what has the focus.
    tools.current?.querySelector<HTMLElement>('[aria-expanded=true]')?.focus();
    setAsks(null);
    const isBegun = actions.changeChecked(label, changeOf);
    setFull(!isBegun);
    return isBegun;
  };
  const opening = (what: Asks) => ({
    isOpen: asks === what,
    testId: `checked-${what}`,
    onClick: () => {
      setAsks(asks === what ? null : what);
    },
  });
  const resolve = (): void => {
    act('Resolve', (thread) => putAway(thread, 'resolved'));
  };
  const read = (): void => {
    act('Mark as read', readChange);
  };
  const unread = (): void => {
    if (act('Mark as unread', unreadChange)) leaveChecked();
  };
  return (
    <div
      ref={tools}
      onPointerDown={(event) => {
        // A button closes its menu itself. If this counted as a click outside, the button would open it again.
        event.stopPropagation();
      }}
    >
      <div className="checked-tools">
        <Tool icon="user" label="Assign" title="Assign" {...opening('assign')} />
        <Tool icon="check" label="Resolve" title="Resolve" testId="checked-resolve" onClick={resolve} />
        <Tool icon="clock" label="Snooze" title="Snooze" {...opening('snooze')} />
        <Tool icon="down" label="Status" title="Open or pending" {...opening('status')} />
        <Tool icon="tag" label="Tags" title="Add and remove tags" {...opening('tags')} />
        <Tool icon="eye" label="Read" title={READ_TITLE} testId="checked-read" onClick={read} />
        <Tool
          icon="unread"
          label="Unread"
          title={UNREAD_TITLE}
          testId="checked-unread"

          onClick={unread}
        />
      </div>
      <Asked asks={asks} count={count} act={act} setAsks={setAsks} />
      {isFull ? <Full /> : null}
    </div>
  );
}
