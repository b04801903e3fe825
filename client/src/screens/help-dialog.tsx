/** The list of keys. */
import { useEffect, useRef, type ReactNode } from 'react';
import { actions, useApp } from '../state/app.ts';
import { Icon } from '../components/icons.tsx';
import { SHORTCUTS } from './use-shortcuts.ts';

function Dialog(): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby="help-title"
      data-testid="help"
      onClose={() => {
        actions.showHelp(false);
      }}
    >
      <header className="details-head">
        <h2 id="help-title">Keyboard</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
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
    </dialog>
  );
}

/** Shown over everything while open. */
export function HelpDialog(): ReactNode {
  const isOpen = useApp((state) => state.ui.isHelpOpen);
  return isOpen ? <Dialog /> : null;
}
