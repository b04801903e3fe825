/** Asks for confirmation before logging out while something has not reached the server. */
import type { ReactNode } from 'react';
import { Dialog } from '../components/dialog.tsx';
import { actions } from '../state/app.ts';

const stay = (): void => {
  actions.closeDialog('log-out');
};

/** The question. */
export function LogOutDialog(): ReactNode {
  return (
    <Dialog title="Log out before everything is sent?" testId="log-out-question" onClose={stay}>
      <div className="member-question">
        <p>Some of what you did has not reached the server yet.</p>
        <p>It waits in this window until you log in here again. Files wait only until the window is closed.</p>
      </div>
      <div className="composer-foot">
        <button type="button" className="button" data-testid="log-out-stay" onClick={stay}>
          Stay
        </button>
        <button type="button" className="button button-danger" data-testid="log-out-anyway" onClick={actions.logout}>
          Log out
        </button>
      </div>
    </Dialog>
  );
}
