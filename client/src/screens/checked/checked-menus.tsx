/** The menus for all selected conversations: to whom to assign them, and which status to set. */
import type { ReactNode } from 'react';
import type { Thread, ThreadStatus } from '../../../../src/contract/entities.ts';
import { useApp } from '../../state/app.ts';
import { assignment, statusChange, type Change } from '../../sync/thread-changes.ts';
import type { IconName } from '../../components/icons.tsx';
import { Menu, type MenuItem } from '../../components/menu.tsx';
import { useCandidates } from '../../components/thread-controls.tsx';

/** Does something to every selected conversation; null: this one needs no change. False when that cannot begin now. */
export type Act = (label: string, changeOf: (thread: Thread) => Change | null) => boolean;

interface MenuProps {
  readonly act: Act;
  readonly onDone: () => void;
}

/** Offers whom the person may assign: agents themselves and nobody. */
export function AssignMenu({ act, onDone }: MenuProps): ReactNode {
  const me = useApp((state) => state.machine.inbox.me);
  const colleagues = useCandidates(null).filter(({ id }) => id !== me);
  const item = (label: string, to: string | null, done: string): MenuItem => ({
    icon: 'user',
    label,
    testId: `checked-assign-${to === me ? 'me' : (to ?? 'none')}`,
    onPick: () => {
      act(done, (thread) => assignment(thread.id, thread, to));
    },
  });
  const items = [
    item('Me', me, 'Assign to me'),
    item('Nobody', null, 'Assign to nobody'),
    ...colleagues.map(({ id, displayName }) => item(displayName, id, `Assign to ${displayName}`)),
  ];
  return <Menu label="Assign to" items={items} onDone={onDone} />;
}

const STATUSES: readonly (readonly [ThreadStatus, string, IconName])[] = [
  ['open', 'Open', 'inbox'],
  ['pending', 'Pending', 'pause'],
];

/** The states without a button of their own. */
export function StatusMenu({ act, onDone }: MenuProps): ReactNode {
  const items = STATUSES.map(([status, label, icon]) => ({
    icon,
    label,
    testId: `checked-${status}`,
    onPick: () => {
      act(label, ({ id }) => statusChange(id, status));
    },
  }));
  return <Menu label="Status" items={items} onDone={onDone} />;
}
