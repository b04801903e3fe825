/** Form for adding or changing a number. */
import { useState, type ReactNode } from 'react';
import type { AccountDetails, ReadReceipts } from '../../../../src/contract/accounts.ts';
import type { ProviderName } from '../../../../src/contract/entities.ts';
import type { ErrorBody } from '../../../../src/contract/errors.ts';
import { Dialog } from '../../components/dialog.tsx';
import { problemsOf } from '../../components/field-problems.ts';
import { actions } from '../../state/app.ts';
import {
  changeOf,
  draftOf,
  EMPTY_NUMBER,
  FIELDS,
  isCredential,
  newAccountOf,
  type NumberDraft,
  type TextField,
} from './number-fields.ts';
import { PROVIDERS } from './provider-words.ts';

const RECEIPTS: Readonly<Record<ReadReceipts, string>> = {
  on_read: 'when an agent opens the conversation',
  on_reply: 'when an agent answers',
  never: 'never',
};

interface PartProps {
  readonly draft: NumberDraft;
  readonly change: (part: Partial<NumberDraft>) => void;
}

interface TextsProps extends PartProps {
  readonly details: AccountDetails | null;
  readonly problems: ReadonlyMap<string, string>;
}

function placeholderOf(field: TextField, placeholder: string, details: AccountDetails | null): string {
  if (details === null || !isCredential(field)) return placeholder;
  const isKept = field === 'secret' ? details.secrets > 0 : details.hasAccessToken;
  return isKept ? 'stored; empty keeps it' : placeholder;
}

function Texts({ draft, change, details, problems }: TextsProps): ReactNode {
  return FIELDS[draft.provider].map(({ field, label, placeholder }) => (
    <label key={field} className="field">
      {label}
      <input
        type={isCredential(field) ? 'password' : 'text'}
        autoComplete={isCredential(field) ? 'new-password' : 'off'}
        value={draft[field]}
        data-testid={`number-${field}`}
        placeholder={placeholderOf(field, placeholder, details)}
        disabled={field === 'externalId' && details !== null}
        aria-invalid={problems.has(field)}
        onChange={(event) => {
          change({ [field]: event.target.value });
        }}
      />
      {problems.has(field) ? <span className="field-problem">{problems.get(field)}</span> : null}
    </label>
  ));
}

function ProviderSelect({ draft, change }: PartProps): ReactNode {
  return (
    <label className="field">
      Carrier
      <select
        value={draft.provider}
        data-testid="number-provider"
        onChange={(event) => {
          change({ provider: event.target.value as ProviderName });
        }}
      >
        {Object.entries(PROVIDERS).map(([provider, words]) => (
          <option key={provider} value={provider}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function Behaviour({ draft, change }: PartProps): ReactNode {
  return (
    <>
      <label className="field">
        Read receipts to the customer
        <select
          value={draft.readReceipts}
          onChange={(event) => {
            change({ readReceipts: event.target.value as ReadReceipts });
          }}
        >
          {Object.entries(RECEIPTS).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {draft.provider === 'cloud' ? (
        <label className="check">
          <input
            type="checkbox"
            checked={draft.coexistence}
            onChange={(event) => {
              change({ coexistence: event.target.checked });
            }}
          />
          Also used in the WhatsApp Business app (20 messages a second at most)
        </label>
      ) : null}
    </>
  );
}

function useSave(details: AccountDetails | null, onDone: () => void) {
  const [error, setError] = useState<ErrorBody | null>(null);
  const [isBusy, setBusy] = useState(false);
  return {
    error,
    isBusy,
    save: async (draft: NumberDraft): Promise<void> => {
      setBusy(true);
      const answer =
        details === null
          ? await actions.administer('account:create', newAccountOf(draft))
          : await actions.administer('account:update', changeOf(details, draft));
      setBusy(false);
      setError(answer.ok ? null : answer.error);
      if (answer.ok) onDone();
    },
  };
}

interface NumberFormProps {
  /** Null for a new number. */
  readonly details: AccountDetails | null;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Stored credentials are never shown again. */
export function NumberForm({ details, onDone, onClose }: NumberFormProps): ReactNode {
  const [draft, setDraft] = useState<NumberDraft>(() => (details === null ? EMPTY_NUMBER : draftOf(details)));
  const { error, isBusy, save } = useSave(details, onDone);
  const change = (part: Partial<NumberDraft>): void => {
    setDraft({ ...draft, ...part });
  };
  const isWhole = draft.name.trim() !== '' && draft.externalId.trim() !== '';
  return (
    <Dialog
      title={details === null ? 'Add a number' : `Change ${details.account.name}`}
      testId="number-form"
      onClose={onClose}
    >
      <form
        className="sheet"
        onSubmit={(event) => {
          event.preventDefault();
          void save(draft);
        }}
      >
        <div className="sheet-body">
          {details === null ? <ProviderSelect draft={draft} change={change} /> : null}
          <Texts draft={draft} change={change} details={details} problems={problemsOf(error)} />
          <Behaviour draft={draft} change={change} />
        </div>
        {error === null ? null : (
          <div className="bar" data-level="bad" role="alert">
            {error.message}
          </div>
        )}
        <div className="composer-foot">
          <span>{details === null ? 'Test it afterwards: that asks the carrier.' : null}</span>
          <button
            type="submit"
            className="button button-primary"
            data-testid="number-save"
            disabled={!isWhole || isBusy}
          >
            {details === null ? 'Add' : 'Save'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
