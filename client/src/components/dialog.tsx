/** A modal dialog over the inbox. */
import { useId, type ReactNode } from 'react';
import { Icon } from './icons.tsx';
import { useModal } from './use-modal.ts';

interface DialogProps {
  readonly title: string;
  readonly testId: string;
  readonly isWide?: boolean;
  /** Its content is shown only once, so Escape and the cross do not close it; only the controls inside do. */
  readonly isHeld?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Escape and the cross close it, unless `isHeld`. Focuses the first text field. */
export function Dialog({ title, testId, isWide = false, isHeld = false, onClose, children }: DialogProps): ReactNode {
  const dialog = useModal();
  const titleId = useId();
  return (
    <dialog
      ref={dialog}
      className={isWide ? 'dialog dialog-wide' : 'dialog'}
      aria-labelledby={titleId}
      data-testid={testId}
      onKeyDown={(event) => {
        // The `cancel` event is not enough: browsers let a second Escape through even if the first was prevented.
        if (isHeld && event.key === 'Escape') event.preventDefault();
      }}
      onClose={onClose}
    >
      <header className="details-head">
        <h2 id={titleId}>{title}</h2>
        {isHeld ? null : (
          <button type="button" className="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </button>
        )}
      </header>
      {children}
    </dialog>
  );
}
