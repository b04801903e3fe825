/** Videos: only the thumbnail, if there is one, is fetched before somebody plays the video. */
import { useState, type ReactNode } from 'react';
import type { Media } from '../../../../src/contract/message.ts';
import { sizeOf } from '../format.ts';
import { Icon } from '../icons.tsx';
import { useFrame } from './frame.ts';
import { NotLoaded } from './placeholder.tsx';
import { useBlob, useNearScreen } from './use-blob.ts';

function Cover({ media, isBusy, onPlay }: { media: Media; isBusy: boolean; onPlay: () => void }): ReactNode {
  const [ref, isNear] = useNearScreen<HTMLButtonElement>();
  const [thumbnail] = useBlob(media.thumbnailUrl ?? null, isNear);
  const size = media.sizeBytes === null ? '' : ` · ${sizeOf(media.sizeBytes)}`;
  return (
    <button
      ref={ref}
      type="button"
      className="film-cover"
      aria-label="Play the video"
      disabled={isBusy}
      onClick={onPlay}
    >
      {thumbnail.state === 'ready' ? <img src={thumbnail.src} alt="" /> : null}
      <span className="film-play">
        <Icon name={isBusy ? 'clock' : 'play'} size={26} />
      </span>
      <span className="film-words">{isBusy ? 'Loading …' : `Video${size}`}</span>
    </button>
  );
}

/** A video that loads and plays on click. */
export function Film({ media }: { readonly media: Media }): ReactNode {
  const [isWanted, setWanted] = useState(false);
  const [loaded, retry] = useBlob(media.url, isWanted);
  const frame = useFrame(media);
  return (
    <div className="media media-video" {...frame}>
      {loaded.state === 'ready' ? (
        <video src={loaded.src} controls autoPlay aria-label={media.filename ?? 'Video'} />
      ) : null}
      {loaded.state === 'failed' ? <NotLoaded kind="video" onRetry={retry} /> : null}
      {loaded.state === 'idle' || loaded.state === 'loading' ? (
        <Cover
          media={media}
          isBusy={loaded.state === 'loading'}
          onPlay={() => {
            setWanted(true);
          }}
        />
      ) : null}
    </div>
  );
}
