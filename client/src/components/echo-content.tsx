/** Draws the content of a message on its way as it will look once sent. */
import type { ReactNode } from 'react';
import type { SentPoll } from '../../../src/contract/content.ts';
import type { Message } from '../../../src/contract/message.ts';
import { useApp } from '../state/app.ts';
import { fileIn, type SendContent } from '../sync/content.ts';
import type { Upload } from '../sync/uploads.ts';
import { useFrame } from './attachments/frame.ts';
import { sizeOfPicture } from './attachments/picture-sizes.ts';
import { iconOf, Placeholder } from './attachments/placeholder.tsx';
import { fileType, shownName, sizeOf } from './format.ts';
import { Icon } from './icons.tsx';
import { ContactCards } from './kinds/contact-cards.tsx';
import { Offer } from './kinds/offer.tsx';
import { Place } from './kinds/place.tsx';
import { Poll } from './kinds/poll.tsx';
import { RichText } from './rich-text-view.tsx';
import { kindWords } from './summary.ts';

/** A file being sent, in the room that it will take: a picture is shown, anything else is named. */
function FileEcho({ upload }: { readonly upload: Upload }): ReactNode {
  const { kind, file, previewUrl, voice } = upload;
  const frame = useFrame(sizeOfPicture(file));
  if (previewUrl !== null && (kind === 'image' || kind === 'sticker')) {
    return (
      <div className={`media media-${kind}`} {...(kind === 'image' ? frame : {})}>
        <img src={previewUrl} alt={file.name} />
      </div>
    );
  }
  if (kind === 'video' || kind === 'image') {
    return (
      <div className={`media media-${kind}`}>
        <Placeholder kind={kind} text={`${shownName(file.name)} · ${sizeOf(file.size)}`} />
      </div>
    );
  }
  return (
    <div className="file-card">
      <span className="file-mark">
        <Icon name={iconOf(kind)} size={20} />
      </span>
      <span className="file-words">
        <span className="file-name">{voice ? 'Voice message' : shownName(file.name)}</span>
        <span className="file-size">
          {fileType(file.type, file.name)} · {sizeOf(file.size)}
        </span>
      </span>
    </div>
  );
}

/** Names the kind when the file of a message is not available. Kinds without a file draw nothing. */
function NoFile({ content }: { readonly content: SendContent }): ReactNode {
  return 'mediaId' in content ? <div>{kindWords(content.kind)}</div> : null;
}

function Words({ content }: { readonly content: SendContent }): ReactNode {
  if ('mediaId' in content) return content.text === undefined ? null : <RichText text={content.text} />;
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
    case 'poll':
      return <Poll poll={startOf(content.poll)} text={null} />;
  }
}

/** The poll before any vote. */
function startOf({ question, options, multiple = false }: SentPoll): NonNullable<Message['poll']> {
  return { question, options: options.map((name) => ({ name, votes: 0 })), multiple };
}

interface EchoProps {
  readonly content: SendContent;
  /** The upload of a file that is still being sent. If absent, it is looked up. */
  readonly upload?: Upload;
}

/** Content of any kind that can be sent, with its file. */
export function EchoContent({ content, upload }: EchoProps): ReactNode {
  const mediaId = fileIn(content);
  const found = useApp((state) => state.uploads.find((one) => mediaId !== null && one.mediaId === mediaId));
  const shown = upload ?? found;
  return (
    <>
      {shown === undefined ? <NoFile content={content} /> : <FileEcho upload={shown} />}
      <Words content={content} />
    </>
  );
}
