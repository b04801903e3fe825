/** Screens for logging in and for choosing a tenant when there are several. */
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { actions, useApp } from '../state/app.ts';
import { RestError } from '../sync/session.ts';
import { LoginFrame, OtherAccount } from './login-frame.tsx';

function wordsOf(error: unknown): string {
  if (!(error instanceof RestError)) return 'Something went wrong. Reload the page and try again.';
  if (error.code === 'unauthenticated')
    return 'This e-mail and password do not belong together. Check both and try again.';
  if (error.code === 'invalid_input') return 'Enter a complete e-mail address and your password.';
  if (error.code === 'rate_limited') {
    const seconds = error.retryAfterMs === null ? 60 : Math.ceil(error.retryAfterMs / 1000);
    return `Too many attempts. Wait ${String(seconds)} s and try again.`;
  }
  return error.message;
}

interface FieldProps {
  readonly label: string;
  readonly type: 'email' | 'password';
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Field({ label, type, value, onChange }: FieldProps): ReactNode {
  return (
    <label>
      {label}
      <input
        type={type}
        autoComplete={type === 'email' ? 'username' : 'current-password'}
        required
        autoFocus={type === 'email'}
        value={value}
        data-testid={`login-${type}`}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
    </label>
  );
}

/** E-mail and password. */
export function LoginScreen(): ReactNode {
  const notice = useApp((state) => state.loginNotice);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    await actions.login(email.trim(), password).catch((error: unknown) => {
      setProblem(wordsOf(error));
    });
    setBusy(false);
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void submit();
  };
  return (
    <LoginFrame>
      <form onSubmit={onSubmit}>
        {problem === null && notice === null ? null : (
          <p className="login-notice" role="alert" data-testid="login-notice">
            {problem ?? notice}
          </p>
        )}
        <Field label="E-mail" type="email" value={email} onChange={setEmail} />
        <Field label="Password" type="password" value={password} onChange={setPassword} />
        <button
          type="submit"
          className="button button-primary button-wide"
          data-testid="login-submit"
          disabled={isBusy}
        >
          {isBusy ? 'One moment …' : 'Log in'}
        </button>
      </form>
    </LoginFrame>
  );
}

/** For people who belong to several tenants, or to none. */
export function TenantScreen(): ReactNode {
  const tenants = useApp((state) => state.session?.tenants);
  return (
    <LoginFrame>
      <p>
        {tenants === undefined || tenants.length === 0
          ? 'This account belongs to no inbox yet. Ask your administrator to add you.'
          : 'Which inbox do you want to open?'}
      </p>
      <div className="tenant-list">
        {tenants?.map((tenant) => (
          <button
            key={tenant.id}
            type="button"
            className="button button-wide"
            data-testid="tenant"
            onClick={() => {
              actions.chooseTenant(tenant.id);
            }}
          >
            {tenant.name}
          </button>
        ))}
      </div>
      <OtherAccount />
    </LoginFrame>
  );
}
