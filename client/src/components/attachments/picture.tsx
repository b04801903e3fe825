/** Images and stickers. */
import type { ReactNode } from 'react';
import type { Media } from '../../../../src/contract/message.ts';
import { useMessageTools } from '../message-tools.ts';
import { useFrame } from './frame.ts';
import { describeMedia, NotLoaded, Placeholder } from './placeholder.tsx';
import { useBlob, useNearScreen } from './use-blob.ts';

interface PictureProps {
  readonly media: Media;
  readonly messageId: string;
  /** Fills the cell of an album instead of having its own frame. */
  readonly isCell?: boolean;
}

/** A photo; a click opens the lightbox. */
export function Picture({ media, messageId, isCell = false }: PictureProps): ReactNode {
  const [ref, isNear] = useNearScreen<HTMLDivElement>();
  const [loaded, retry] = useBlob(media.thumbnailUrl ?? media.url, isNear);
  const { onEnlarge } = useMessageTools();
  const frame = useFrame(media);
  const name = media.filename ?? 'Photo';
  return (
    <div ref={ref} className="media media-image" data-cell={isCell} {...(isCell ? {} : frame)}>
      {loaded.state === 'ready' ? (
        <button
          type="button"
          aria-label={`Enlarge: ${name}`}
          onClick={() => {
            onEnlarge(messageId);
          }}
        >
          <img src={loaded.src} alt={name} />
        </button>
      ) : null}
      {loaded.state === 'failed' ? <NotLoaded kind="image" onRetry={retry} /> : null}
      {loaded.state === 'idle' || loaded.state === 'loading' ? (
        <Placeholder kind="image" text={describeMedia(media, 'image')} />
      ) : null}
    </div>
  );
}

/** A sticker, without a bubble. */
export function Sticker({ media }: { readonly media: Media }): ReactNode {
  const [ref, isNear] = useNearScreen<HTMLDivElement>();
  const [loaded, retry] = useBlob(media.url, isNear);
  return (
    <div ref={ref} className="media media-sticker">
      {loaded.state === 'ready' ? <img src={loaded.src} alt="Sticker" /> : null}
      {loaded.state === 'failed' ? <NotLoaded kind="sticker" onRetry={retry} /> : null}
      {loaded.state === 'idle' || loaded.state === 'loading' ? <Placeholder kind="sticker" text="Sticker" /> : null}
    </div>
  );
}
