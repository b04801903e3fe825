/** Dialog for merging two contacts that are the same person. */
import { useState, type ReactNode } from 'react';
import type { Contact, Thread } from '../../../src/contract/entities.ts';
import { Avatar } from '../components/avatar.tsx';
import { Dialog } from '../components/dialog.tsx';
import { refusalWords } from '../components/refusal-words.ts';
import { actions } from '../state/app.ts';
import { useFound } from './use-found.ts';

/** The contacts of these conversations, each once, without the contact itself. */
function contactsOf(threads: readonly Thread[], except: Contact['id']): readonly Contact[] {
  const contacts = new Map(threads.map(({ contact }) => [contact.id, contact]));
  contacts.delete(except);
  return [...contacts.values()];
}

function Candidate({ contact, onPick }: { readonly contact: Contact; readonly onPick: () => void }): ReactNode {
  return (
    <li>
      <button type="button" className="merge-candidate" data-testid="merge-candidate" onClick={onPick}>
        <Avatar name={contact.displayName} seed={contact.id} size="small" />
        <span>{contact.displayName}</span>
        <span className="faint">{contact.phone}</span>
      </button>
    </li>
  );
}

function Search({
  contact,
  onPick,
}: {
  readonly contact: Contact;
  readonly onPick: (other: Contact) => void;
}): ReactNode {
  const [query, setQuery] = useState('');
  const { state, threads } = useFound(query);
  const found = contactsOf(threads, contact.id);
  return (
    <>
      <input
        type="search"
        value={query}
        maxLength={200}
        placeholder="Name or number of the other contact"
        aria-label="Search contacts"
        data-testid="merge-search"
        onChange={(event) => {
          setQuery(event.target.value);
        }}
      />
      <ul className="merge-found">
        {found.map((other) => (
          <Candidate
            key={other.id}
            contact={other}
            onPick={() => {
              onPick(other);
            }}
          />
        ))}
      </ul>
      {found.length === 0 && (state === 'ready' || state === 'failed') ? (
        <p className="faint">Nobody else found.</p>
      ) : null}
    </>
  );
}

interface ConfirmProps {
  readonly contact: Contact;
  readonly other: Contact;
  readonly onBack: () => void;
  readonly onDone: () => void;
}

function Confirm({ contact, other, onBack, onDone }: ConfirmProps): ReactNode {
  const [words, setWords] = useState<string | null>(null);
  const merge = async (): Promise<void> => {
    setWords('Merging …');
    const input = { contactId: other.id, intoContactId: contact.id };
    const answer = await actions.administer('contact:merge', input);
    if (answer.ok) onDone();
    else setWords(refusalWords(answer.error));
  };
  return (
    <>
      <p>
        <strong>{other.displayName}</strong> becomes part of <strong>{contact.displayName}</strong>. Conversations
        through the same number become one. This can be undone.
      </p>
      {words === null ? null : <p role="status">{words}</p>}
      <div className="number-buttons">
        <button
          type="button"
          className="button button-primary"
          data-testid="merge-confirm"
          onClick={() => void merge()}
        >
          Merge
        </button>
        <button type="button" className="button" onClick={onBack}>
          Choose another
        </button>
      </div>
    </>
  );
}

/** First a search, then a confirmation. */
export function MergeDialog({
  contact,
  onClose,
}: {
  readonly contact: Contact;
  readonly onClose: () => void;
}): ReactNode {
  const [other, setOther] = useState<Contact | null>(null);
  return (
    <Dialog title="Merge with another contact" testId="merge" onClose={onClose}>
      <div className="merge">
        {other === null ? (
          <Search contact={contact} onPick={setOther} />
        ) : (
          <Confirm
            contact={contact}
            other={other}
            onBack={() => {
              setOther(null);
            }}
            onDone={onClose}
          />
        )}
      </div>
    </Dialog>
  );
}
