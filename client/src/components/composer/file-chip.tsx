/** A chosen file, how it will be sent, and a button to remove it. */
import type { ReactNode } from 'react';
import type { FileFit } from '../../sync/file-limits.ts';
import { rememberSize } from '../attachments/picture-sizes.ts';
import { fileType, shownName, sizeOf } from '../format.ts';
import { Icon, type IconName } from '../icons.tsx';
import { useObjectUrl } from './use-object-url.ts';

interface FileChipProps {
  readonly file: File;
  readonly fit: FileFit;
  readonly onRemove: (file: File) => void;
}

function markOf(fit: FileFit): IconName {
  if (!fit.ok) return 'ban';
  return fit.kind === 'video' || fit.kind === 'audio' ? fit.kind : 'file';
}

function Thumbnail({ file, fit }: Pick<FileChipProps, 'file' | 'fit'>): ReactNode {
  const src = useObjectUrl(fit.ok && fit.kind === 'image' ? file : null);
  if (src !== null) {
    return (
      <img
        src={src}
        alt=""
        onLoad={({ currentTarget }) => {
          rememberSize(file, currentTarget);
        }}
      />
    );
  }
  return (
    <span className="tray-mark">
      <Icon name={markOf(fit)} size={22} />
    </span>
  );
}

function Facts({ file, fit }: Pick<FileChipProps, 'file' | 'fit'>): ReactNode {
  if (!fit.ok) return fit.reason;
  return (
    <>
      <span className="faint">
        {fileType(file.type, file.name)} · {sizeOf(file.size)}
      </span>
      {fit.note === null ? null : <span className="tray-note">{fit.note}</span>}
    </>
  );
}

/** Shows a chosen file. A refused one shows the reason. */
export function FileChip({ file, fit, onRemove }: FileChipProps): ReactNode {
  const refused = fit.ok ? { 'data-testid': 'tray-file' } : { 'data-refused': true, role: 'alert' };
  return (
    <div className="tray-file" {...refused}>
      <Thumbnail file={file} fit={fit} />
      <span className="tray-words">
        <span className="tray-name">{shownName(file.name)}</span>
        <Facts file={file} fit={fit} />
      </span>
      <button
        type="button"
        className="icon-button"
        aria-label={`Do not send ${file.name}`}
        onClick={() => {
          onRemove(file);
        }}
      >
        <Icon name="close" size={14} />
      </button>
    </div>
  );
}
