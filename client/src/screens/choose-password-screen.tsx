/** Screen for replacing the initial password, before anything else can be done. */
import { useState, type ReactNode } from 'react';
import { actions, useApp } from '../state/app.ts';
import { RestError } from '../sync/session.ts';
import { LoginFrame, OtherAccount } from './login-frame.tsx';
import { MIN_PASSWORD_CHARS } from './password-dialog.tsx';

function wordsOf(error: unknown): string {
  if (!(error instanceof RestError)) return 'Something went wrong. Try again.';
  if (error.code === 'invalid_input') return 'Choose another one than the one you were given.';
  if (error.code === 'rate_limited') return 'Too many attempts. Wait a few minutes and try again.';
  return error.message;
}

function useChoice() {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const choose = async (next: string): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    await actions.choosePassword(next).catch((error: unknown) => {
      setProblem(wordsOf(error));
    });
    setBusy(false);
  };
  return { problem, isBusy, choose };
}

interface FieldProps {
  readonly email: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** The e-mail address is for password managers. */
function Field({ email, value, onChange }: FieldProps): ReactNode {
  return (
    <>
      <input className="hidden" type="text" autoComplete="username" value={email} tabIndex={-1} aria-hidden readOnly />
      <label>
        New password, {MIN_PASSWORD_CHARS} characters or more
        <input
          type="password"
          autoComplete="new-password"
          required
          autoFocus
          maxLength={1024}
          value={value}
          data-testid="choose-password"
          onChange={(event) => {
            onChange(event.target.value);
          }}
        />
      </label>
    </>
  );
}

/** The form for choosing a password. */
export function ChoosePasswordScreen(): ReactNode {
  const user = useApp((state) => state.session?.user);
  const [next, setNext] = useState('');
  const { problem, isBusy, choose } = useChoice();
  return (
    <LoginFrame>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void choose(next);
        }}
      >
        <p>Welcome, {user?.displayName}. Whoever gave you your password knows it: choose one of your own.</p>
        {problem === null ? null : (
          <p className="login-notice" role="alert" data-testid="choose-problem">
            {problem}
          </p>
        )}
        <Field email={user?.email ?? ''} value={next} onChange={setNext} />
        <button
          type="submit"
          className="button button-primary button-wide"
          data-testid="choose-save"
          disabled={isBusy || next.length < MIN_PASSWORD_CHARS}
        >
          {isBusy ? 'One moment …' : 'Choose this password'}
        </button>
      </form>
      <OtherAccount />
    </LoginFrame>
  );
}
