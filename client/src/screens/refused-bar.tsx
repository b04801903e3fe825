/** Says why somebody who went to another screen sees the inbox: by a link that is for others, or with a role they lost. */
import type { ReactNode } from 'react';
import { actions, useApp } from '../state/app.ts';
import { refusedScreen, type BoundScreen } from '../state/role.ts';

const WHOSE: Readonly<Record<BoundScreen, string>> = {
  team: 'The Team screen is for managers and administrators.',
  numbers: 'The Numbers screen is for administrators.',
  members: 'The Members screen is for administrators.',
};

/** The bar above everything; it goes with whatever the person does next in the inbox. */
export function RefusedBar(): ReactNode {
  const screen = useApp(refusedScreen);
  if (screen === null) return null;
  return (
    <div className="bar" data-level="warn" role="alert" data-testid="refused-bar">
      {WHOSE[screen]} This is your inbox.
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.goTo('inbox');
        }}
      >
        All right
      </button>
    </div>
  );
}
