/** Previews of the chosen files, above the text. */
import type { ReactNode } from 'react';
import { fileType, sizeOf } from '../format.ts';
import { Icon } from '../icons.tsx';
import { useObjectUrl } from './use-object-url.ts';
import type { FittedFile, Tray } from './use-tray.ts';

function Thumbnail({ file, kind }: FittedFile): ReactNode {
  const src = useObjectUrl(kind === 'image' ? file : null);
  if (src !== null) return <img src={src} alt="" />;
  return (
    <span className="tray-mark">
      <Icon name={kind === 'video' || kind === 'audio' ? kind : 'file'} size={22} />
    </span>
  );
}

function Remove({ file, onRemove }: { readonly file: File; readonly onRemove: (file: File) => void }): ReactNode {
  return (
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
  );
}

/** Nothing while no file is chosen. */
export function TrayView({ tray }: { readonly tray: Tray }): ReactNode {
  if (tray.fitted.length + tray.refused.length === 0) return null;
  return (
    <ul className="tray" aria-label="Files to send" data-testid="tray">
      {tray.fitted.map((fitted, index) => (
        <li key={index} className="tray-file" data-testid="tray-file">
          <Thumbnail {...fitted} />
          <span className="tray-words">
            <span className="tray-name">{fitted.file.name}</span>
            <span className="faint">
              {fileType(fitted.file.type, fitted.file.name)} · {sizeOf(fitted.file.size)}
            </span>
            {fitted.note === null ? null : <span className="tray-note">{fitted.note}</span>}
          </span>
          <Remove file={fitted.file} onRemove={tray.remove} />
        </li>
      ))}
      {tray.refused.map(({ file, reason }, index) => (
        <li key={`refused-${String(index)}`} className="tray-file" data-refused="true" role="alert">
          <span className="tray-mark">
            <Icon name="ban" size={22} />
          </span>
          <span className="tray-words">
            <span className="tray-name">{file.name}</span>
            {reason}
          </span>
          <Remove file={file} onRemove={tray.remove} />
        </li>
      ))}
    </ul>
  );
}
