/** The saved replies of the business, for managers and administrators. */
import { useMemo, useRef, useState, type ReactNode, type RefObject } from 'react';
import type { SavedReply } from '../../../../src/contract/saved-replies.ts';
import { MOST_SAVED_REPLIES } from '../../../../src/contract/saved-reply-text.ts';
import { matchingReplies } from '../../components/composer/saved-reply.ts';
import { Icon } from '../../components/icons.tsx';
import { ListSkeleton } from '../../components/skeletons.tsx';
import { useApp } from '../../state/app.ts';
import { RemoveReply } from './remove-reply.tsx';
import { ReplyFormDialog } from './reply-form.tsx';
import { ReplyRow } from './reply-row.tsx';

/** The dialog that is open over the list. `reply`: as it was then. */
type Open =
  | { readonly what: 'add' }
  | { readonly what: 'edit'; readonly reply: SavedReply }
  | { readonly what: 'remove'; readonly reply: SavedReply };

interface HeadProps {
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly count: number;
  readonly onAdd: () => void;
}

function Head({ button, count, onAdd }: HeadProps): ReactNode {
  return (
    <header className="numbers-head">
      <h1>Saved replies {count === 0 ? null : <span className="faint member-count">{count}</span>}</h1>
      <button
        ref={button}
        type="button"
        className="button button-primary"
        data-testid="reply-add"
        disabled={count >= MOST_SAVED_REPLIES}
        title={count >= MOST_SAVED_REPLIES ? `There can be ${String(MOST_SAVED_REPLIES)} at most` : undefined}
        onClick={onAdd}
      >
        <Icon name="plus" size={16} />
        Add a saved reply
      </button>
    </header>
  );
}

function Empty({ words }: { readonly words: string }): ReactNode {
  return (
    <div className="empty" data-testid="no-replies">
      <Icon name="bolt" size={28} />
      <p>{words}</p>
    </div>
  );
}

const NONE =
  'Texts and files that your team sends again and again. Whoever answers a customer types a slash and the shortcut, and reads it over before it is sent.';

interface TableProps {
  readonly replies: readonly SavedReply[];
  readonly onOpen: (open: Open) => void;
}

function Table({ replies, onOpen }: TableProps): ReactNode {
  return (
    <table className="reply-table">
      <thead>
        <tr>
          <th scope="col">Shortcut</th>
          <th scope="col">Text</th>
          <th scope="col">Last changed</th>
          <th scope="col">
            <span className="hidden">Change and remove</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {replies.map((reply) => (
          <ReplyRow
            key={reply.id}
            reply={reply}
            onEdit={() => {
              onOpen({ what: 'edit', reply });
            }}
            onRemove={() => {
              onOpen({ what: 'remove', reply });
            }}
          />
        ))}
      </tbody>
    </table>
  );
}

function Listed({ onOpen }: Pick<TableProps, 'onOpen'>): ReactNode {
  const all = useApp((state) => state.machine.inbox.savedReplies);
  const [query, setQuery] = useState('');
  const found = useMemo(() => matchingReplies(all.values(), query.trim().replace(/^\//, '')), [all, query]);
  if (all.size === 0) return <Empty words={NONE} />;
  return (
    <>
      <input
        type="search"
        className="reply-filter"
        placeholder="Search saved replies"
        aria-label="Search saved replies"
        data-testid="reply-filter"
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
        }}
      />
      {found.length === 0 ? <Empty words="Nothing matches." /> : <Table replies={found} onOpen={onOpen} />}
    </>
  );
}

interface OpenDialogProps {
  readonly open: Open;
  readonly onDone: (words: string) => void;
  readonly onClose: () => void;
}

function OpenDialog({ open, onDone, onClose }: OpenDialogProps): ReactNode {
  const now = useApp((state) =>
    open.what === 'add' ? undefined : state.machine.inbox.savedReplies.get(open.reply.id),
  );
  if (open.what === 'remove') {
    const reply = now ?? open.reply;
    const onRemoved = (): void => {
      onDone(`/${reply.shortcut} is removed.`);
    };
    return <RemoveReply reply={reply} onRemoved={onRemoved} onClose={onClose} />;
  }
  const reply = open.what === 'add' ? null : open.reply;
  const onSaved = (shortcut: string): void => {
    onDone(`/${shortcut} is saved.`);
  };
  return <ReplyFormDialog reply={reply} onSaved={onSaved} onClose={onClose} />;
}

/** Replaces the list, conversation and details. */
export function RepliesScreen(): ReactNode {
  const count = useApp((state) => state.machine.inbox.savedReplies.size);
  const isLoaded = useApp((state) => state.machine.inbox.cursor !== null);
  const [open, setOpen] = useState<Open | null>(null);
  const [outcome, setOutcome] = useState('');
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(null);
  };
  return (
    <main className="numbers" data-testid="replies">
      <Head
        button={button}
        count={count}
        onAdd={() => {
          setOpen({ what: 'add' });
        }}
      />
      <p className="member-outcome" role="status" data-testid="reply-outcome">
        {outcome}
      </p>
      {isLoaded ? <Listed onOpen={setOpen} /> : <ListSkeleton />}
      {open === null ? null : (
        <OpenDialog
          open={open}
          onClose={close}
          onDone={(words) => {
            close();
            setOutcome(words);
            // The row that opened the dialog may be gone, so move the focus.
            if (open.what === 'remove') button.current?.focus();
          }}
        />
      )}
    </main>
  );
}
