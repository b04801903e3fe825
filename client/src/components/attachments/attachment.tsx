/** A message's attachment in any state. */
import type { ReactNode } from 'react';
import type { Media, Message } from '../../../../src/contract/message.ts';
import { drawnAs } from './drawn-as.ts';
import { FileCard } from './file-card.tsx';
import { Film } from './film.tsx';
import { MissingMedia } from './missing-media.tsx';
import { Picture, Sticker } from './picture.tsx';
import { Player } from './player.tsx';

interface AttachmentProps {
  readonly message: Message;
  /** The picture fills a cell of an album. */
  readonly isCell?: boolean;
}

function Drawn({ message, media, isCell = false }: AttachmentProps & { readonly media: Media }): ReactNode {
  const kind = drawnAs(message, media);
  if (kind === 'image') return <Picture key={media.id} media={media} messageId={message.id} isCell={isCell} />;
  if (kind === 'sticker') return <Sticker key={media.id} media={media} />;
  if (kind === 'video') return <Film key={media.id} media={media} />;
  if (kind === 'audio') return <Player key={media.id} media={media} />;
  return <FileCard media={media} />;
}

/** Renders nothing for a message without an attachment. */
export function Attachment(props: AttachmentProps): ReactNode {
  const { message, isCell = false } = props;
  const { media } = message;
  if (media === null) return null;
  const isHere = media.state === 'ready' && media.url !== null;
  if (!isHere) return <MissingMedia message={message} media={media} isCell={isCell} />;
  return <Drawn {...props} media={media} />;
}
