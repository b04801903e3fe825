/** Images and stickers. A picture's frame has its size before the bytes arrive, so that nothing jumps. */
import type { CSSProperties, ReactNode } from 'react';
import type { Media } from '../../../../src/contract/message.ts';
import { useMessageTools } from '../message-tools.ts';
import { describeMedia, NotLoaded, Placeholder } from './placeholder.tsx';
import { useBlob, useNearScreen } from './use-blob.ts';

const MAX_WIDTH_PX = 320;
const MAX_HEIGHT_PX = 320;
const MIN_SIDE_PX = 96;

/**
 * The picture's size within the largest frame, in its own proportions but with a minimum side length; undefined when
 * its size is unknown.
 */
export function frameOf(media: Media): CSSProperties | undefined {
  const { width, height } = media;
  if (width == null || height == null || width <= 0 || height <= 0) return undefined;
  const scale = Math.min(1, MAX_WIDTH_PX / width, MAX_HEIGHT_PX / height);
  const side = (pixels: number): number => Math.max(MIN_SIDE_PX, Math.round(pixels * scale));
  return { width: side(width), height: side(height) };
}

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
  const name = media.filename ?? 'Photo';
  return (
    <div ref={ref} className="media media-image" data-cell={isCell} style={isCell ? undefined : frameOf(media)}>
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
