/**
 * Explains why somebody who went to another screen sees the inbox: the link was for other roles, or they lost the role.
 */
import type { ReactNode } from 'react';
import { actions, useApp } from '../state/app.ts';
import { refusedScreen, type BoundScreen } from '../state/role.ts';

const WHOSE: Readonly<Record<BoundScreen, string>> = {
  team: 'The Team screen is for managers and administrators.',
  replies: 'The Saved replies screen is for managers and administrators.',
  numbers: 'The Numbers screen is for administrators.',
  members: 'The Members screen is for administrators.',
};

/** The bar at the top. It goes away with the next thing the person does in the inbox. */
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
