/** A player for audio files and voice messages: play, seek, and change the speed. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Media } from '../../../../src/contract/message.ts';
import { clockOf } from '../format.ts';
import { Icon } from '../icons.tsx';
import { NotLoaded } from './placeholder.tsx';
import { nextSpeed, pauseOthers, SPEEDS } from './playback.ts';
import { saveAttachment } from './save.ts';
import { useBlob, useNearScreen } from './use-blob.ts';

/** Position and length in seconds. The length is 0 until known, and stays 0 for recordings that do not state it. */
interface Progress {
  readonly at: number;
  readonly length: number;
}

const lengthOf = ({ duration }: HTMLAudioElement): number => (Number.isFinite(duration) ? duration : 0);

function useAudio(src: string | null) {
  const element = useRef<HTMLAudioElement>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [progress, setProgress] = useState<Progress>({ at: 0, length: 0 });
  const [speed, setSpeed] = useState<number>(SPEEDS[0]);
  useEffect(() => {
    const audio = element.current;
    if (audio === null || src === null) return undefined;
    const follow = (): void => {
      setPlaying(!audio.paused && !audio.ended);
      setProgress({ at: audio.currentTime, length: lengthOf(audio) });
    };
    const events = ['timeupdate', 'play', 'pause', 'ended', 'durationchange', 'seeked'] as const;
    for (const name of events) audio.addEventListener(name, follow);
    return () => {
      for (const name of events) audio.removeEventListener(name, follow);
    };
  }, [src]);
  return {
    element,
    isPlaying,
    progress,
    speed,
    toggle: (): void => {
      const audio = element.current;
      if (audio === null) return;
      if (!audio.paused) {
        audio.pause();
        return;
      }
      pauseOthers(audio);
      audio.playbackRate = speed;
      // Playback was refused by the browser or interrupted by the next click. Show that it is not playing.
      audio.play().catch(() => {
        setPlaying(false);
      });
    },
    seek: (seconds: number): void => {
      if (element.current !== null) element.current.currentTime = seconds;
    },
    faster: (): void => {
      const next = nextSpeed(speed);
      setSpeed(next);
      if (element.current !== null) element.current.playbackRate = next;
    },
  };
}

function Controls({ src, media }: { readonly src: string | null; readonly media: Media }): ReactNode {
  const { element, isPlaying, progress, speed, toggle, seek, faster } = useAudio(src);
  const label = media.voice ? 'Voice message' : (media.filename ?? 'Audio');
  return (
    <>
      {src === null ? null : <audio ref={element} src={src} preload="metadata" />}
      <button
        type="button"
        className="player-toggle"
        aria-label={isPlaying ? 'Pause' : 'Play'}
        disabled={src === null}
        onClick={toggle}
      >
        <Icon name={isPlaying ? 'pause' : 'play'} />
      </button>
      <span className="player-track">
        <input
          type="range"
          min={0}
          max={Math.max(progress.length, progress.at, 1)}
          step={0.1}
          value={progress.at}
          disabled={progress.length === 0}
          aria-label={`Position in: ${label}`}
          aria-valuetext={clockOf(progress.at)}
          onChange={(event) => {
            seek(Number(event.target.value));
          }}
        />
        <span className="player-words">
          <span>{clockOf(isPlaying || progress.at > 0 ? progress.at : progress.length)}</span>
          <span className="player-name">{label}</span>
        </span>
      </span>
      <button type="button" className="player-speed" aria-label={`Speed ${String(speed)}`} onClick={faster}>
        {speed}×
      </button>
    </>
  );
}

/** A player for a bubble. */
export function Player({ media }: { readonly media: Media }): ReactNode {
  const [ref, isNear] = useNearScreen<HTMLDivElement>();
  const [loaded, retry] = useBlob(media.url, isNear);
  const { url } = media;
  return (
    <div ref={ref} className="media player" data-voice={media.voice}>
      {loaded.state === 'failed' ? (
        <NotLoaded kind="audio" onRetry={retry} />
      ) : (
        <Controls src={loaded.state === 'ready' ? loaded.src : null} media={media} />
      )}
      {media.voice || url === null ? null : (
        <button
          type="button"
          className="icon-button"
          aria-label="Save the audio"
          onClick={() => void saveAttachment(url, media.filename ?? 'audio')}
        >
          <Icon name="download" size={16} />
        </button>
      )}
    </div>
  );
}
