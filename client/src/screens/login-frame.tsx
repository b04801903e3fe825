/** The card that surrounds the login forms. */
import type { ReactNode } from 'react';
import { actions } from '../state/app.ts';

/** The card with the product's name and the given content. */
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

/** A button for somebody who wants to log in with another account. */
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
