/** A form field for a file: the chosen file and a button to choose one. */
import { useRef, type ReactNode } from 'react';
import type { FileFit } from '../../sync/file-limits.ts';
import { Icon } from '../icons.tsx';
import { FileChip } from './file-chip.tsx';

interface FileFieldProps {
  readonly label: string;
  /** Value of the input's `accept` attribute. */
  readonly accept: string;
  readonly file: File | null;
  /** How a file would be sent. */
  readonly fit: (file: File) => FileFit;
  readonly onFile: (file: File | null) => void;
}

/** The button stays after a choice, because it has the focus and can choose another file. */
export function FileField({ label, accept, file, fit, onFile }: FileFieldProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className="field file-field" role="group" aria-label={label}>
      {label}
      {file === null ? null : (
        <FileChip
          file={file}
          fit={fit(file)}
          onRemove={() => {
            onFile(null);
          }}
        />
      )}
      <button type="button" className="button" onClick={() => input.current?.click()}>
        <Icon name="attach" size={16} />
        {file === null ? 'Choose a file' : 'Choose another'}
      </button>
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        data-testid="file-above"
        onChange={(event) => {
          const [chosen] = event.target.files ?? [];
          if (chosen !== undefined) onFile(chosen);
          event.target.value = '';
        }}
      />
    </div>
  );
}
