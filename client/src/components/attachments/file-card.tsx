/** Documents: name, type and size. A click saves the file. */
import { useState, type ReactNode } from 'react';
import type { Media } from '../../../../src/contract/message.ts';
import { fileType, shownName, sizeOf } from '../format.ts';
import { Icon } from '../icons.tsx';
import { saveAttachment } from './save.ts';

function detailsOf({ mime, filename, sizeBytes }: Media): string {
  const type = fileType(mime, filename);
  return sizeBytes === null ? type : `${type} · ${sizeOf(sizeBytes)}`;
}

/** The card of one document. */
export function FileCard({ media }: { readonly media: Media }): ReactNode {
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle');
  const { url } = media;
  const download = async (): Promise<void> => {
    if (url === null) return;
    setState('busy');
    setState((await saveAttachment(url, media.filename ?? 'attachment')) ? 'idle' : 'failed');
  };
  const name = shownName(media.filename ?? 'Document');
  return (
    <button
      type="button"
      className="file-card"
      title={`Save ${name}`}
      disabled={state === 'busy'}
      onClick={() => void download()}
    >
      <span className="file-mark" data-type={fileType(media.mime, media.filename)}>
        <Icon name="file" size={20} />
      </span>
      <span className="file-words">
        <span className="file-name">{name}</span>
        <span className="file-size">{state === 'failed' ? 'Could not be loaded. Try again.' : detailsOf(media)}</span>
      </span>
      <Icon name={state === 'busy' ? 'clock' : 'download'} />
    </button>
  );
}
