/** The members of the team, for administrators. */
import { useRef, useState, type ReactNode, type RefObject } from 'react';
import type { MemberDetails } from '../../../../src/contract/members.ts';
import { Icon } from '../../components/icons.tsx';
import { ListSkeleton } from '../../components/skeletons.tsx';
import { AddMember } from './add-member.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { MemberRow, type ToConfirm } from './member-row.tsx';
import { ResetPasswordDialog } from './reset-password.tsx';
import { useMembers, type Members } from './use-members.ts';

/** The dialog that is open over the list. */
type Open =
  | { readonly what: 'add' }
  | { readonly what: 'confirm'; readonly id: string; readonly step: ToConfirm }
  | { readonly what: 'reset'; readonly id: string };

interface Outcome {
  readonly words: string;
  readonly level: 'good' | 'bad';
}

interface TableProps {
  readonly members: Members;
  readonly onConfirm: (id: string, step: ToConfirm) => void;
  readonly onReset: (id: string) => void;
  readonly onOutcome: (words: string, level: Outcome['level']) => void;
}

function Table({ members, onConfirm, onReset, onOutcome }: TableProps): ReactNode {
  if (members.state === 'loading') return <ListSkeleton />;
  if (members.state === 'failed') {
    return (
      <div className="empty">
        <Icon name="alert" size={28} />
        <p>{members.words}</p>
      </div>
    );
  }
  return (
    <table className="member-table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">E-mail</th>
          <th scope="col">Role</th>
          <th scope="col">State</th>
          <th scope="col">
            <span className="hidden">Password and membership</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {members.items.map((details) => (
          <MemberRow
            key={details.member.id}
            details={details}
            onOutcome={onOutcome}
            onConfirm={(step) => {
              onConfirm(details.member.id, step);
            }}
            onReset={() => {
              onReset(details.member.id);
            }}
          />
        ))}
      </tbody>
    </table>
  );
}

function Head({
  button,
  count,
  onAdd,
}: {
  button: RefObject<HTMLButtonElement | null>;
  count: number;
  onAdd: () => void;
}): ReactNode {
  return (
    <header className="numbers-head">
      <h1>Members {count === 0 ? null : <span className="faint member-count">{count}</span>}</h1>
      <button ref={button} type="button" className="button button-primary" data-testid="member-add" onClick={onAdd}>
        <Icon name="plus" size={16} />
        Add a member
      </button>
    </header>
  );
}

interface OpenDialogProps {
  readonly open: Open;
  readonly items: readonly MemberDetails[];
  readonly onDone: (words: string) => void;
  readonly onClose: () => void;
}

function OpenDialog({ open, items, onDone, onClose }: OpenDialogProps): ReactNode {
  if (open.what === 'add') return <AddMember onClose={onClose} />;
  const details = items.find(({ member }) => member.id === open.id);
  if (details === undefined) return null;
  if (open.what === 'reset') return <ResetPasswordDialog details={details} onClose={onClose} />;
  return <ConfirmDialog details={details} step={open.step} onDone={onDone} onClose={onClose} />;
}

/** Replaces the list, conversation and details. */
export function MembersScreen(): ReactNode {
  const [members, reload] = useMembers();
  const [open, setOpen] = useState<Open | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const items = members.state === 'ready' ? members.items : [];
  const close = (): void => {
    setOpen(null);
  };
  const settle = (words: string, level: Outcome['level']): void => {
    setOutcome({ words, level });
    reload();
  };
  return (
    <main className="numbers" data-testid="members">
      <Head
        button={button}
        count={items.length}
        onAdd={() => {
          setOpen({ what: 'add' });
        }}
      />
      <p className="member-outcome" data-level={outcome?.level} role="status" data-testid="member-outcome">
        {outcome?.words}
      </p>
      <Table
        members={members}
        onOutcome={settle}
        onConfirm={(id, step) => {
          setOpen({ what: 'confirm', id, step });
        }}
        onReset={(id) => {
          setOpen({ what: 'reset', id });
        }}
      />
      {open === null ? null : (
        <OpenDialog
          open={open}
          items={items}
          onClose={close}
          onDone={(words) => {
            close();
            settle(words, 'good');
            // The row that opened the dialog goes away, so move the focus.
            button.current?.focus();
          }}
        />
      )}
    </main>
  );
}
