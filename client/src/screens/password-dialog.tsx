/** Dialog for changing one's own password. */
import { useState, type ReactNode } from 'react';
import { Dialog } from '../components/dialog.tsx';
import { actions, useApp } from '../state/app.ts';
import { RestError } from '../sync/session.ts';

/** Minimum length required by the server. */
export const MIN_PASSWORD_CHARS = 8;

function wordsOf(error: unknown): string {
  if (!(error instanceof RestError)) return 'Something went wrong. Try again.';
  if (error.code === 'invalid_input') return 'This is not your current password.';
  if (error.code === 'rate_limited') return 'Too many attempts. Wait a few minutes and try again.';
  return error.message;
}

interface Outcome {
  readonly level: 'good' | 'bad';
  readonly words: string;
}

function useChange() {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [isBusy, setBusy] = useState(false);
  const change = async (current: string, next: string): Promise<void> => {
    if (isBusy) return;
    if (current === next) {
      setOutcome({ level: 'bad', words: 'Choose another one than your current password.' });
      return;
    }
    setBusy(true);
    const result = await actions.changePassword({ current, next }).then(
      (): Outcome => ({ level: 'good', words: 'Changed. You stay logged in here; everywhere else you log in anew.' }),
      (error: unknown): Outcome => ({ level: 'bad', words: wordsOf(error) }),
    );
    setBusy(false);
    setOutcome(result);
  };
  return { outcome, isBusy, change };
}

interface FieldProps {
  readonly label: string;
  readonly name: 'current' | 'new';
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Field({ label, name, value, onChange }: FieldProps): ReactNode {
  return (
    <label className="field">
      {label}
      <input
        type="password"
        autoComplete={`${name}-password`}
        value={value}
        maxLength={1024}
        data-testid={`password-${name}`}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
    </label>
  );
}

const close = (): void => {
  actions.closeDialog('password');
};

/** The form. Changing the password ends the person's other sessions. */
export function PasswordDialog(): ReactNode {
  const email = useApp((state) => state.me?.user.email ?? '');
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const { outcome, isBusy, change } = useChange();
  const isWhole = current !== '' && next.length >= MIN_PASSWORD_CHARS;
  return (
    <Dialog title="Change password" testId="password" onClose={close}>
      <form
        className="sheet"
        onSubmit={(event) => {
          event.preventDefault();
          if (isWhole) void change(current, next);
        }}
      >
        <div className="sheet-body member-form">
          <input
            className="hidden"
            type="text"
            autoComplete="username"
            value={email}
            tabIndex={-1}
            aria-hidden
            readOnly
          />
          <Field label="Current password" name="current" value={current} onChange={setCurrent} />
          <Field label="New password, 8 characters or more" name="new" value={next} onChange={setNext} />
        </div>
        <p className="bar member-said" data-level={outcome?.level} role="status">
          {outcome?.words}
        </p>
        <div className="composer-foot">
          <span>{email}</span>
          <button
            type="submit"
            className="button button-primary"
            data-testid="password-save"
            aria-disabled={isBusy || !isWhole}
          >
            Change
          </button>
        </div>
      </form>
    </Dialog>
  );
}
