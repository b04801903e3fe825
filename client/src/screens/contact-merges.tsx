/** Contacts that were merged as the same person. */
import { useState, type ReactNode } from 'react';
import type { Contact } from '../../../src/contract/entities.ts';
import { Icon } from '../components/icons.tsx';
import { refusalWords } from '../components/refusal-words.ts';
import { actions } from '../state/app.ts';
import { MergeDialog } from './merge-dialog.tsx';

function MergedContact({ merge }: { readonly merge: NonNullable<Contact['merges']>[number] }): ReactNode {
  const [words, setWords] = useState<string | null>(null);
  const undo = async (): Promise<void> => {
    setWords('Taking apart …');
    const answer = await actions.administer('contact:unmerge', { mergeId: merge.id });
    setWords(answer.ok ? null : refusalWords(answer.error));
  };
  return (
    <li className="merged">
      <span>{merge.displayName}</span>
      <button type="button" className="link" data-testid="merge-undo" onClick={() => void undo()}>
        <Icon name="retry" size={14} />
        Undo
      </button>
      {words === null ? null : <span role="status">{words}</span>}
    </li>
  );
}

/** The contacts merged into this one, and a button to merge another. */
export function Merges({ contact }: { readonly contact: Contact }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <ul>
        {(contact.merges ?? []).map((merge) => (
          <MergedContact key={merge.id} merge={merge} />
        ))}
      </ul>
      <button
        type="button"
        className="link"
        data-testid="merge-open"
        onClick={() => {
          setOpen(true);
        }}
      >
        Merge with another contact
      </button>
      {isOpen ? (
        <MergeDialog
          contact={contact}
          onClose={() => {
            setOpen(false);
          }}
        />
      ) : null}
    </>
  );
}
