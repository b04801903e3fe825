/** Says why the message that was asked for is not shown. */
import type { ReactNode } from 'react';
import { actions, useApp } from '../state/app.ts';
import { isUnderWay } from '../state/aim.ts';

const WORDS = {
  offline: 'The message you want to see is not loaded. It is shown when the connection is back.',
  missing: 'The message you want to see is not in this conversation any more.',
  failed: 'The message you want to see could not be loaded.',
} as const;

function useTrouble(threadId: string): keyof typeof WORDS | null {
  return useApp(({ aim, machine }) => {
    if (aim?.threadId !== threadId) return null;
    if (aim.state === 'missing' || aim.state === 'failed') return aim.state;
    return isUnderWay(aim) && !machine.isReady ? 'offline' : null;
  });
}

/** Nothing while the message is shown or on its way. */
export function AimBar({ threadId }: { readonly threadId: string }): ReactNode {
  const trouble = useTrouble(threadId);
  const messageId = useApp(({ aim }) => aim?.messageId ?? '');
  return (
    <div role="status">
      {trouble === null ? null : (
        <div className="bar" data-level="warn" data-testid="aim-trouble">
          {WORDS[trouble]}
          {trouble === 'failed' ? (
            <button
              type="button"
              className="button"
              onClick={() => {
                actions.goToMessage(threadId, messageId);
              }}
            >
              Try again
            </button>
          ) : null}
          <button type="button" className="button" onClick={actions.dropAim}>
            Close
          </button>
        </div>
      )}
    </div>
  );
}
