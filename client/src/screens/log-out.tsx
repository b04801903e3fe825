/** Logs out. Asks for confirmation if something has not reached the server. */
import { useState, type ReactNode } from 'react';
import { Dialog } from '../components/dialog.tsx';
import { actions, store } from '../state/app.ts';
import { hasUnsent } from '../state/unsent.ts';

function Question({ onStay }: { readonly onStay: () => void }): ReactNode {
  return (
    <Dialog title="Log out before everything is sent?" testId="log-out-question" onClose={onStay}>
      <div className="member-question">
        <p>Some of what you did has not reached the server yet.</p>
        <p>It waits in this window until you log in here again. Files wait only until the window is closed.</p>
      </div>
      <div className="composer-foot">
        <button type="button" className="button" data-testid="log-out-stay" onClick={onStay}>
          Stay
        </button>
        <button type="button" className="button button-danger" data-testid="log-out-anyway" onClick={actions.logout}>
          Log out
        </button>
      </div>
    </Dialog>
  );
}

/** The action of the button, and the question while it is open. */
export function useLogOut(): { readonly logOut: () => void; readonly question: ReactNode } {
  const [isAsking, setAsking] = useState(false);
  const logOut = (): void => {
    if (hasUnsent(store.get())) setAsking(true);
    else actions.logout();
  };
  const stay = (): void => {
    setAsking(false);
  };
  return { logOut, question: isAsking ? <Question onStay={stay} /> : null };
}
