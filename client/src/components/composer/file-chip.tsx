/** A chosen file, how it will be sent, and a button to remove it. */
import type { ReactNode } from 'react';
import type { FileFit } from '../../sync/file-limits.ts';
import { isStored, type SendableFile } from '../../sync/stored-file.ts';
import { rememberSize } from '../attachments/picture-sizes.ts';
import { useBlob } from '../attachments/use-blob.ts';
import { fileType, shownName, sizeOf } from '../format.ts';
import { Icon, type IconName } from '../icons.tsx';
import { useObjectUrl } from './use-object-url.ts';

interface FileChipProps<F extends SendableFile> {
  readonly file: F;
  readonly fit: FileFit;
  readonly onRemove: (file: F) => void;
}

/** What is shown of a file. */
type Shown = Omit<FileChipProps<SendableFile>, 'onRemove'>;

function markOf(fit: FileFit): IconName {
  if (!fit.ok) return 'ban';
  return fit.kind === 'video' || fit.kind === 'audio' ? fit.kind : 'file';
}

/** The address of a small picture; null if there is none, or not yet. */
function usePicture(file: SendableFile): string | null {
  const stored = isStored(file);
  const own = useObjectUrl(stored ? null : file);
  const [loaded] = useBlob(stored ? file.thumbnailUrl : null, true);
  return loaded.state === 'ready' ? loaded.src : own;
}

function Thumbnail({ file, fit }: Shown): ReactNode {
  const src = usePicture(file);
  if (src !== null && fit.ok && fit.kind === 'image') {
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

function Facts({ file, fit }: Shown): ReactNode {
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
export function FileChip<F extends SendableFile>({ file, fit, onRemove }: FileChipProps<F>): ReactNode {
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
