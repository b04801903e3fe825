/** Dialog for adding somebody to the team. */
import { useState, type ReactNode } from 'react';
import type { ErrorBody } from '../../../../src/contract/errors.ts';
import type { CommandId } from '../../../../src/contract/ids.ts';
import type { AddedMember, TeamRole } from '../../../../src/contract/members.ts';
import { Dialog } from '../../components/dialog.tsx';
import { problemsOf } from '../../components/field-problems.ts';
import { refusalWords } from '../../components/refusal-words.ts';
import { actions } from '../../state/app.ts';
import { InitialPassword } from './initial-password.tsx';
import { TEAM_ROLES } from '../../components/member-words.ts';
import { RoleSelect } from './role-select.tsx';

interface Draft {
  readonly displayName: string;
  readonly email: string;
  readonly role: TeamRole;
}

/** `email` is the address that was sent, whatever has been typed since. */
interface Added extends AddedMember {
  readonly email: string;
}

const NOBODY: Draft = { displayName: '', email: '', role: 'agent' };
const FIELDS = [
  { field: 'displayName', label: 'Name', type: 'text' },
  { field: 'email', label: 'E-mail', type: 'email' },
] as const;

const newCommandId = (): CommandId => crypto.randomUUID() as CommandId;

/** The command id stays the same until the draft changes, so a retry after a lost answer returns the same password. */
function useAdding() {
  const [draft, setDraft] = useState(NOBODY);
  const [commandId, setCommandId] = useState(newCommandId);
  const [error, setError] = useState<ErrorBody | null>(null);
  const [added, setAdded] = useState<Added | null>(null);
  const [isBusy, setBusy] = useState(false);
  return {
    draft,
    error,
    added,
    isBusy,
    change: (part: Partial<Draft>): void => {
      setDraft({ ...draft, ...part });
      setCommandId(newCommandId());
    },
    add: async (): Promise<void> => {
      if (isBusy) return;
      setBusy(true);
      const email = draft.email.trim();
      const answer = await actions.administer('member:add', { ...draft, email, commandId });
      setBusy(false);
      setError(answer.ok ? null : answer.error);
      if (answer.ok) setAdded({ ...answer.data, email: email.toLowerCase() });
    },
  };
}

interface FormProps {
  readonly adding: ReturnType<typeof useAdding>;
}

function Texts({ adding: { draft, error, change } }: FormProps): ReactNode {
  const problems = problemsOf(error);
  return FIELDS.map(({ field, label, type }) => (
    <label key={field} className="field">
      {label}
      <input
        type={type}
        value={draft[field]}
        autoComplete="off"
        data-testid={`member-${field}`}
        aria-invalid={problems.has(field)}
        onChange={(event) => {
          change({ [field]: event.target.value });
        }}
      />
      {problems.has(field) ? (
        <span className="field-problem" role="alert">
          {problems.get(field)}
        </span>
      ) : null}
    </label>
  ));
}

function Form({ adding }: FormProps): ReactNode {
  const { draft, error, isBusy, change, add } = adding;
  const isWhole = draft.displayName.trim() !== '' && draft.email.trim() !== '';
  return (
    <form
      className="sheet"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <div className="sheet-body member-form">
        <Texts adding={adding} />
        <label className="field">
          Role
          <RoleSelect
            value={draft.role}
            onChoose={(role) => {
              change({ role });
            }}
          />
        </label>
        <p className="faint">{TEAM_ROLES[draft.role]}</p>
      </div>
      {error === null || problemsOf(error).size > 0 ? null : (
        <div className="bar" data-level="bad" role="alert">
          {refusalWords(error)}
        </div>
      )}
      <div className="composer-foot">
        <span />
        <button
          type="submit"
          className="button button-primary"
          data-testid="member-save"
          aria-disabled={isBusy}
          disabled={!isWhole}
        >
          Add
        </button>
      </div>
    </form>
  );
}

function keepsLogin({ member, email }: Added): string {
  return `${member.displayName} has a login already: ${email}, with the password they have. The team is there when they log in again.`;
}

/** The form, then the password to hand over. */
export function AddMember({ onClose }: { readonly onClose: () => void }): ReactNode {
  const adding = useAdding();
  const { added } = adding;
  return (
    <Dialog
      title={added === null ? 'Add a member' : `${added.member.displayName} is a member now`}
      testId="member-form"
      isHeld={added?.initialPassword !== undefined}
      onClose={onClose}
    >
      {added === null ? (
        <Form adding={adding} />
      ) : (
        <InitialPassword given={added} email={added.email} otherwise={keepsLogin(added)} onDone={onClose} />
      )}
    </Dialog>
  );
}
