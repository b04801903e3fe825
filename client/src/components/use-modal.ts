/** Shows a dialog over everything for as long as its component is on screen. */
import { useLayoutEffect, useRef, type RefObject } from 'react';

const FIRST_FIELD = 'input:not([type=checkbox], [type=radio], [type=file], [readonly]), textarea:not([readonly])';

/** Chromium gives a text field the focus back without the cursor, so that nothing could be typed. */
function putCursorBack(field: Element | null): void {
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return;
  if (field === document.activeElement && field.selectionStart !== null)
    field.setSelectionRange(field.selectionStart, field.selectionEnd);
}

/** For the dialog element. Focuses its first text field; when it closes, the focus returns to where it was. */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    shown?.showModal();
    shown?.addEventListener('close', () => {
      putCursorBack(before);
    });
    // Focus the first field and not the cross: whoever opened the dialog wants to type.
    shown?.querySelector<HTMLElement>(FIRST_FIELD)?.focus();
    // However the dialog goes away, closing it makes the browser restore the previous focus.
    return () => shown?.close();
  }, []);
  return dialog;
}
