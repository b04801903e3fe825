/** The frame of a form that takes the place of the text: title, fields, and a button that sends. */
import { useEffect, useRef, type ReactNode } from 'react';
import { Icon, type IconName } from '../icons.tsx';

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
        if (event.key !== 'Escape' || onClose === undefined) return;
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

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly maxLength: number;
  readonly testId?: string;
  readonly placeholder?: string;
  readonly isLong?: boolean;
  readonly onChange: (value: string) => void;
}

/** One labelled line of text, or several lines. */
export function Field({
  label,
  value,
  maxLength,
  testId,
  placeholder,
  isLong = false,
  onChange,
}: FieldProps): ReactNode {
  const shared = {
    value,
    maxLength,
    placeholder,
    dir: 'auto',
    'data-testid': testId,
    onChange: (event: { readonly target: { readonly value: string } }) => {
      onChange(event.target.value);
    },
  } as const;
  return (
    <label className="field">
      {label}
      {isLong ? <textarea rows={3} {...shared} /> : <input {...shared} />}
    </label>
  );
}
