/** What is to be handed to who was added. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { AddedMember } from '../../../../src/contract/members.ts';

interface InitialPasswordProps {
  readonly added: AddedMember;
  readonly email: string;
  readonly onDone: () => void;
}

function Password({ password }: { readonly password: string }): ReactNode {
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    field.current?.select();
    // Without a clipboard, as on plain http, it is selected for the person to copy.
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

/** Gone when it is closed. */
export function InitialPassword({ added, email, onDone }: InitialPasswordProps): ReactNode {
  const { member, initialPassword } = added;
  const words = useRef<HTMLDivElement>(null);
  // The form that had the focus is gone: what is read out next is this.
  useEffect(() => words.current?.focus(), []);
  return (
    <div ref={words} className="member-added" tabIndex={-1} data-testid="member-added">
      {initialPassword === undefined ? (
        <p>
          {member.displayName} has a login already: {email}, with the password they have. The team is there when they
          log in again.
        </p>
      ) : (
        <>
          <p>
            {member.displayName} logs in at {location.origin} as {email} with this password, and chooses another one
            with “Change password”. It is shown only now: hand it over before you close this window.
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
