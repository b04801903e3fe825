/** Dialog for erasing a customer permanently: what is erased, the confirmation, and the progress. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Contact } from '../../../../src/contract/entities.ts';
import { Dialog } from '../../components/dialog.tsx';
import { actions, useApp } from '../../state/app.ts';
import { confirmationOf } from './confirmation.ts';
import { ErasingProgress } from './erasing-progress.tsx';
import { useErasing } from './use-erasing.ts';

function WhatGoes({ name }: { readonly name: string }): ReactNode {
  return (
    <div className="personal-words">
      <p>
        <strong>This cannot be undone.</strong> For everybody, at once, these go:
      </p>
      <ul>
        <li>who {name} is: name, number and every other address, also of contacts merged into this one,</li>
        <li>all conversations with them, through every number: messages, files, notes and tags,</li>
        <li>what waits to be sent to them, and what colleagues have begun to write,</li>
        <li>what they wrote, chose and reacted in groups.</li>
      </ul>
      <p>
        Reports keep their figures. Outside stay backups until they run out, what WhatsApp itself keeps, and what people
        have copied. If they write again, they are somebody new.
      </p>
    </div>
  );
}

interface NameFieldProps {
  readonly name: string;
  readonly typed: string;
  /** The person submitted, and the text is neither the name nor the number. */
  readonly isWrong: boolean;
  readonly onType: (typed: string) => void;
}

function NameField({ name, typed, isWrong, onType }: NameFieldProps): ReactNode {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <label className="field">
      To erase {name}, type their name or number
      <input
        ref={field}
        dir="auto"
        value={typed}
        maxLength={1024}
        autoComplete="off"
        spellCheck={false}
        data-testid="erase-name"
        aria-invalid={isWrong}
        onChange={(event) => {
          onType(event.target.value);
        }}
      />
      {isWrong ? (
        <span className="field-problem" role="alert">
          This is neither their name nor their number.
        </span>
      ) : null}
    </label>
  );
}

interface QuestionProps {
  readonly contact: Contact;
  readonly problem: string | null;
  readonly isBusy: boolean;
  readonly onErase: (confirm: string) => void;
}

function Question({ contact, problem, isBusy, onErase }: QuestionProps): ReactNode {
  const [typed, setTyped] = useState('');
  const [isTold, setTold] = useState(false);
  const confirm = confirmationOf(typed, contact);
  return (
    <form
      className="sheet"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTold(true);
        if (confirm !== null) onErase(confirm);
      }}
    >
      <WhatGoes name={contact.displayName} />
      <div className="sheet-body member-form">
        <NameField
          name={contact.displayName}
          typed={typed}
          isWrong={isTold && confirm === null}
          onType={(text) => {
            setTyped(text);
            setTold(false);
          }}
        />
      </div>
      {problem === null ? null : (
        <div className="bar" data-level="bad" role="alert" data-testid="erase-problem">
          {problem}
        </div>
      )}
      <div className="composer-foot">
        <button type="button" className="button" data-testid="erase-keep" onClick={actions.closeErasing}>
          Cancel
        </button>
        <button
          type="submit"
          className="button button-danger"
          data-testid="erase-confirmed"
          aria-disabled={isBusy || confirm === null}
        >
          {isBusy ? 'Erasing …' : 'Erase for good'}
        </button>
      </div>
    </form>
  );
}

function Erasing({ contact }: { readonly contact: Contact }): ReactNode {
  const { erasure, problem, isBusy, erase } = useErasing(contact);
  return (
    <Dialog
      title={erasure === null ? `Erase ${contact.displayName}?` : 'Erasing a customer'}
      testId="erase"
      onClose={actions.closeErasing}
    >
      {erasure === null ? (
        <Question contact={contact} problem={problem} isBusy={isBusy} onErase={(confirm) => void erase(confirm)} />
      ) : (
        <ErasingProgress erasure={erasure} onDone={actions.closeErasing} />
      )}
    </Dialog>
  );
}

/** Shown over everything while open, because the conversation that it was opened from disappears meanwhile. */
export function EraseDialog(): ReactNode {
  const contact = useApp((state) => state.ui.erasing);
  return contact === null ? null : <Erasing key={contact.id} contact={contact} />;
}
