/** A window over the inbox. */
import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';
import { Icon } from './icons.tsx';

const FIRST_FIELD = 'input:not([type=checkbox], [type=radio], [type=file], [readonly]), textarea:not([readonly])';

interface DialogProps {
  readonly title: string;
  readonly testId: string;
  readonly isWide?: boolean;
  /** What it shows is shown once: neither Escape nor a cross takes it away, only what is inside. */
  readonly isHeld?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Escape and the cross close it, unless it is held. What is to be written first has the focus. */
export function Dialog({ title, testId, isWide = false, isHeld = false, onClose, children }: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    // Rather than the cross: whoever opened it wants to write.
    shown?.querySelector<HTMLElement>(FIRST_FIELD)?.focus();
    // Whichever way it goes, the browser gives the focus back to what had it.
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={isWide ? 'dialog dialog-wide' : 'dialog'}
      aria-labelledby={titleId}
      data-testid={testId}
      onKeyDown={(event) => {
        // Not by `cancel`: browsers let a second Escape through whatever is made of the first one.
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
