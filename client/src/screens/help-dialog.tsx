/** The list of keyboard shortcuts. */
import type { ReactNode } from 'react';
import { actions } from '../state/app.ts';
import { Dialog } from '../components/dialog.tsx';
import { SHORTCUTS } from './use-shortcuts.ts';

const close = (): void => {
  actions.closeDialog('help');
};

/** Shown over everything. */
export function HelpDialog(): ReactNode {
  return (
    <Dialog title="Keyboard" testId="help" onClose={close}>
      <dl className="keys">
        {SHORTCUTS.map(([keys, words]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
