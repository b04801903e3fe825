/** A modal dialog over the inbox. */
import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';
import { Icon } from './icons.tsx';

const FIRST_FIELD = 'input:not([type=checkbox], [type=radio], [type=file], [readonly]), textarea:not([readonly])';

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
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    // Focus the first field and not the cross: whoever opened the dialog wants to type.
    shown?.querySelector<HTMLElement>(FIRST_FIELD)?.focus();
    // However the dialog goes away, closing it makes the browser restore the previous focus.
    return () => shown?.close();
  }, []);
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
