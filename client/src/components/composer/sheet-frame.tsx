/** The frame of a form that replaces the text field: title, fields and send button. */
import { useEffect, useRef, type ReactNode } from 'react';
import type { Capabilities } from '../../../../src/contract/capabilities.ts';
import type { Interactive } from '../../../../src/contract/interactive.ts';
import type { FilePart } from '../../../../src/contract/parts.ts';
import type { SendContent } from '../../sync/content.ts';
import { isOfComposition } from '../composition.ts';
import { Icon, type IconName } from '../icons.tsx';
import type { AboveFile } from './question.ts';

interface FormProps {
  /** The thread that the input is kept for. */
  readonly threadId: string;
  readonly onClose: () => void;
}

/** Props of every sheet. */
export interface SheetProps extends FormProps {
  /** Returns false when the message was not accepted; the sheet then stays open. */
  readonly onSend: (content: SendContent) => boolean;
}

/** Builds the question. `file` is its stored header file. */
type Ask = (file: FilePart | null) => Interactive;

/** Builds what is sent, a question or a template, with its stored header file. */
export type ContentWith = (file: FilePart | null) => SendContent;

/** Props of a sheet whose question may have a header file. */
export interface QuestionSheetProps extends FormProps {
  readonly can: Capabilities;
  /**
   * Sends the question; uploads the file first if there is one. Returns false when it was not accepted; the sheet then
   * stays open.
   */
  readonly onAsk: (ask: Ask, above: AboveFile | null) => boolean;
}

interface SheetFrameProps {
  readonly icon: IconName;
  readonly title: string;
  readonly submitLabel: string;
  readonly canSubmit: boolean;
  readonly testId: string;
  /** Absent when nothing else can be written. */
  readonly onClose?: (() => void) | undefined;
  readonly onSubmit: () => void;
  /** Shown to the left of the button. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** Focuses the first field. Escape closes the sheet. */
export function SheetFrame(props: SheetFrameProps): ReactNode {
  const { icon, title, submitLabel, canSubmit, testId, onClose, onSubmit, aside, children } = props;
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('input, select, textarea')?.focus();
  }, []);
  return (
    <form
      ref={form}
      className="sheet"
      data-testid={testId}
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || onClose === undefined || isOfComposition(event.nativeEvent)) return;
        event.stopPropagation();
        onClose();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        if (canSubmit) onSubmit();
      }}
    >
      <header className="sheet-head">
        <Icon name={icon} size={16} />
        <strong>{title}</strong>
        {onClose === undefined ? null : (
          <button type="button" className="icon-button" aria-label="Back to the text" onClick={onClose}>
            <Icon name="close" size={14} />
          </button>
        )}
      </header>
      <div className="sheet-body">{children}</div>
      <div className="composer-foot">
        <span>{aside}</span>
        <button type="submit" className="button button-primary" data-testid="send" disabled={!canSubmit}>
          <Icon name="send" size={16} />
          {submitLabel}
        </button>
      </div>
    </form>
  );
}
