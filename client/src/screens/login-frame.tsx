/** The card in which one logs in. */
import type { ReactNode } from 'react';
import { actions } from '../state/app.ts';

/** See above. */
export function LoginFrame({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <main className="login">
      <div className="login-card">
        <div className="login-brand">
          <span className="brand-mark" aria-hidden="true">
            <svg viewBox="0 0 32 32" width="36" height="36">
              <path d="M9 8.500v15M23 8.500v15M9 16h14" />
            </svg>
          </span>
          <h1>Hunfly Inbox</h1>
        </div>
        {children}
      </div>
    </main>
  );
}

/** The way out for who is not the one they are logged in as. */
export function OtherAccount(): ReactNode {
  return (
    <button
      type="button"
      className="link"
      onClick={() => {
        actions.logout();
      }}
    >
      Log in with another account
    </button>
  );
}
