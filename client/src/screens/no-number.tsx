/** Shown in place of conversations while a team has no WhatsApp number and nobody can write to it. */
import type { ReactNode } from 'react';
import { actions, useApp } from '../state/app.ts';
import { isAdmin } from '../state/role.ts';
import { Icon } from '../components/icons.tsx';

/** Links to the numbers screen for those who may add a number. */
export function NoNumberYet(): ReactNode {
  const canAdd = useApp(isAdmin);
  return (
    <div className="empty" data-testid="no-number">
      <Icon name="phone" size={28} />
      <h2>No WhatsApp number yet</h2>
      <p>
        {canAdd
          ? 'Add the first one, and its conversations appear here.'
          : 'An administrator of your team can add one.'}
      </p>
      {canAdd ? (
        <button
          type="button"
          className="button button-primary"
          data-testid="empty-add-number"
          onClick={() => {
            actions.closeBeginning();
            actions.goTo('numbers');
          }}
        >
          Add a number
        </button>
      ) : null}
    </div>
  );
}
