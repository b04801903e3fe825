/** Shows the initial password to hand to a new member, or to one whose password was reset. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { ResetPassword } from '../../../../src/contract/members.ts';

interface InitialPasswordProps {
  readonly given: ResetPassword;
  readonly email: string;
  /** Text shown when there is no password to hand over. */
  readonly otherwise: string;
  readonly onDone: () => void;
}

function Password({ password }: { readonly password: string }): ReactNode {
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    field.current?.select();
    // Without a clipboard, as on plain HTTP, the text stays selected for the person to copy.
    await navigator.clipboard.writeText(password);
    setCopied(true);
  };
  return (
    <div className="member-password">
      <input
        ref={field}
        className="mono"
        value={password}
        aria-label="Initial password"
        data-testid="member-password"
        readOnly
      />
      <button
        type="button"
        className="button"
        data-testid="member-copy"
        onClick={() => {
          copy().catch(() => undefined);
        }}
      >
        Copy
      </button>
      <span className="member-copied" role="status">
        {isCopied ? 'Copied.' : ''}
      </span>
    </div>
  );
}

/** The password cannot be shown again after this is closed. */
export function InitialPassword({ given, email, otherwise, onDone }: InitialPasswordProps): ReactNode {
  const { member, initialPassword } = given;
  const words = useRef<HTMLDivElement>(null);
  // The form that had the focus is gone. Move the focus here, so that this is read out next.
  useEffect(() => words.current?.focus(), []);
  return (
    <div ref={words} className="member-added" tabIndex={-1} data-testid="member-added">
      {initialPassword === undefined ? (
        <p>{otherwise}</p>
      ) : (
        <>
          <p>
            {member.displayName} logs in at {location.origin} as {email} with this password, and chooses another one
            then. It is shown only now: hand it over before you close this window.
          </p>
          <Password password={initialPassword} />
        </>
      )}
      <div className="composer-foot">
        <span />
        <button type="button" className="button button-primary" data-testid="member-done" onClick={onDone}>
          Done
        </button>
      </div>
    </div>
  );
}
