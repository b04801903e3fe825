/** What a message on its way says, drawn as it will look when it is there. */
import type { ReactNode } from 'react';
import { useApp } from '../state/app.ts';
import type { SendContent } from '../sync/content.ts';
import type { Upload } from '../sync/uploads.ts';
import { fileType, sizeOf } from './format.ts';
import { Icon } from './icons.tsx';
import { ContactCards } from './kinds/contact-cards.tsx';
import { Offer } from './kinds/offer.tsx';
import { Place } from './kinds/place.tsx';
import { RichText } from './rich-text-view.tsx';
import { kindWords } from './summary.ts';

/** A file of ours: a picture as itself, anything else as a card. */
export function FileEcho({ upload }: { readonly upload: Upload }): ReactNode {
  const { kind, file, previewUrl, voice } = upload;
  if (kind === 'image') {
    return (
      <div className="media media-image">
        <img src={previewUrl} alt={file.name} />
      </div>
    );
  }
  return (
    <div className="file-card">
      <span className="file-mark">
        <Icon name={kind === 'video' || kind === 'audio' ? kind : 'file'} size={20} />
      </span>
      <span className="file-words">
        <span className="file-name">{voice ? 'Voice message' : file.name}</span>
        <span className="file-size">
          {fileType(file.type, file.name)} · {sizeOf(file.size)}
        </span>
      </span>
    </div>
  );
}

function StoredFile({ content }: { readonly content: Extract<SendContent, { mediaId: string }> }): ReactNode {
  const upload = useApp((state) => state.uploads.find(({ mediaId }) => mediaId === content.mediaId));
  return (
    <>
      {upload === undefined ? <div>{kindWords(content.kind)}</div> : <FileEcho upload={upload} />}
      {content.text === undefined ? null : <RichText text={content.text} />}
    </>
  );
}

/** Any kind that can be sent. */
export function EchoContent({ content }: { readonly content: SendContent }): ReactNode {
  if ('mediaId' in content) return <StoredFile content={content} />;
  switch (content.kind) {
    case 'text':
      return <RichText text={content.text} />;
    case 'template':
      return <div>Template {content.template.name}</div>;
    case 'location':
      return <Place place={content.location} isLive={false} />;
    case 'contacts':
      return <ContactCards cards={content.contacts} accountId={null} />;
    case 'interactive':
      return <Offer interactive={content.interactive} text={null} />;
  }
}
