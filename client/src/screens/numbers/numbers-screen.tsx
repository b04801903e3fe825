/** The business's numbers, for administrators. */
import { useState, type ReactNode } from 'react';
import type { AccountDetails } from '../../../../src/contract/accounts.ts';
import { Icon } from '../../components/icons.tsx';
import { ListSkeleton } from '../../components/skeletons.tsx';
import { NumberCard, type NumberDialog } from './number-card.tsx';
import { NumberForm } from './number-form.tsx';
import { PairDialog } from './pair-dialog.tsx';
import { SecretsDialog } from './secrets-dialog.tsx';
import { TemplatesDialog } from './templates-dialog.tsx';
import { useNumbers, type Numbers } from './use-numbers.ts';

/** The dialog that is open over the list; `id` is null for a new number. */
interface Open {
  readonly dialog: NumberDialog;
  readonly id: string | null;
}

interface OpenDialogProps {
  readonly open: Open;
  readonly details: AccountDetails | null;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

function OpenDialog({ open, details, onChanged, onClose }: OpenDialogProps): ReactNode {
  const done = (): void => {
    onClose();
    onChanged();
  };
  if (open.dialog === 'edit') return <NumberForm details={details} onDone={done} onClose={onClose} />;
  if (details === null) return null;
  if (open.dialog === 'pair') return <PairDialog account={details.account} onClose={onClose} />;
  if (open.dialog === 'secrets') return <SecretsDialog details={details} onChanged={onChanged} onClose={onClose} />;
  return <TemplatesDialog account={details.account} onClose={onClose} />;
}

function List({ numbers, onOpen }: { readonly numbers: Numbers; readonly onOpen: (open: Open) => void }): ReactNode {
  if (numbers.state === 'loading') return <ListSkeleton />;
  if (numbers.state === 'failed') {
    return (
      <div className="empty">
        <Icon name="alert" size={28} />
        <p>{numbers.words}</p>
      </div>
    );
  }
  if (numbers.items.length === 0) {
    return (
      <div className="empty">
        <Icon name="phone" size={28} />
        <h2>No number yet</h2>
        <p>Add the first one: its messages appear in the inbox at once.</p>
      </div>
    );
  }
  return (
    <ul className="number-list">
      {numbers.items.map((details) => (
        <NumberCard
          key={details.account.id}
          details={details}
          onOpen={(dialog) => {
            onOpen({ dialog, id: details.account.id });
          }}
        />
      ))}
    </ul>
  );
}

/** Replaces the list, conversation and details. */
export function NumbersScreen(): ReactNode {
  const [numbers, reload] = useNumbers();
  const [open, setOpen] = useState<Open | null>(null);
  const close = (): void => {
    setOpen(null);
  };
  const items = numbers.state === 'ready' ? numbers.items : [];
  return (
    <main className="numbers" data-testid="numbers">
      <header className="numbers-head">
        <h1>Numbers</h1>
        <button
          type="button"
          className="button button-primary"
          data-testid="number-add"
          onClick={() => {
            setOpen({ dialog: 'edit', id: null });
          }}
        >
          <Icon name="plus" size={16} />
          Add a number
        </button>
      </header>
      <List numbers={numbers} onOpen={setOpen} />
      {open === null ? null : (
        <OpenDialog
          open={open}
          details={items.find(({ account }) => account.id === open.id) ?? null}
          onChanged={reload}
          onClose={close}
        />
      )}
    </main>
  );
}
