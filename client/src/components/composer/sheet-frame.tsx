/** The frame of a form that takes the place of the text: title, fields, and a button that sends. */
import { useEffect, useRef, type ReactNode } from 'react';
import type { Capabilities } from '../../../../src/contract/capabilities.ts';
import type { Interactive } from '../../../../src/contract/interactive.ts';
import type { FilePart } from '../../../../src/contract/parts.ts';
import type { SendContent } from '../../sync/content.ts';
import { isOfComposition } from '../composition.ts';
import { Icon, type IconName } from '../icons.tsx';
import type { AboveFile } from './question.ts';

interface FormProps {
  /** What is typed is kept for this one. */
  readonly threadId: string;
  readonly onClose: () => void;
}

/** What every sheet gets. */
export interface SheetProps extends FormProps {
  /** False when it could not be taken; the sheet stays. */
  readonly onSend: (content: SendContent) => boolean;
}

/** The question; `file` is the stored one above it. */
type Ask = (file: FilePart | null) => Interactive;

/** The same for what is sent, a question or a template. */
export type ContentWith = (file: FilePart | null) => SendContent;

/** What a sheet gets whose question may have a file above. */
export interface QuestionSheetProps extends FormProps {
  readonly can: Capabilities;
  /** Uploads the file first, where there is one. False when it could not be taken; the sheet stays. */
  readonly onAsk: (ask: Ask, above: AboveFile | null) => boolean;
}

interface SheetFrameProps {
  readonly icon: IconName;
  readonly title: string;
  readonly submitLabel: string;
  readonly canSubmit: boolean;
  readonly testId: string;
  /** Absent where there is nothing else to write. */
  readonly onClose?: (() => void) | undefined;
  readonly onSubmit: () => void;
  /** Left of the button. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** Focus goes to the first field; Escape closes. */
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
