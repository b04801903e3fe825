/** Attachments: fetched with the session's token, drawn by kind, with words for what is pending or failed. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Media, MessageKind } from '../../../src/contract/entities.ts';
import { actions } from '../state/app.ts';
import { sizeOf } from './format.ts';
import { Icon, type IconName } from './icons.tsx';

const ICONS: Partial<Record<MessageKind, IconName>> = {
  image: 'image',
  sticker: 'smile',
  video: 'video',
  audio: 'audio',
};

type Loaded = { readonly state: 'loading' | 'failed' } | { readonly state: 'ready'; readonly src: string };

/** The attachment's bytes as an object URL, from the moment the element comes near the screen. */
function useBlob(url: string | null, wanted: boolean): readonly [Loaded, () => void] {
  const [loaded, setLoaded] = useState<Loaded>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (url === null || !wanted) return undefined;
    let src: string | null = null;
    let isGone = false;
    void actions.fetchMedia(url).then((blob) => {
      src = blob;
      if (isGone && blob !== null) URL.revokeObjectURL(blob);
      else if (!isGone) setLoaded(blob === null ? { state: 'failed' } : { state: 'ready', src: blob });
    });
    return () => {
      isGone = true;
      if (src !== null) URL.revokeObjectURL(src);
    };
  }, [url, wanted, attempt]);
  return [
    loaded,
    () => {
      setLoaded({ state: 'loading' });
      setAttempt((count) => count + 1);
    },
  ];
}

/** True once the element has been within a screen of being seen. */
function useNearScreen(): readonly [React.RefObject<HTMLDivElement | null>, boolean] {
  const ref = useRef<HTMLDivElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (element === null || isNear) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setNear(true);
      },
      { rootMargin: '400px' },
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [isNear]);
  return [ref, isNear];
}

function sizeAndType({ sizeBytes, mime }: Media): string {
  return sizeBytes === null ? mime : `${sizeOf(sizeBytes)} · ${mime}`;
}

function describe(media: Media): string {
  const size = media.sizeBytes === null ? '' : ` · ${sizeOf(media.sizeBytes)}`;
  return `${media.filename ?? media.mime}${size}`;
}

function Placeholder({ kind, text, action }: { kind: MessageKind; text: string; action?: ReactNode }): ReactNode {
  return (
    <div className="media-placeholder">
      <Icon name={ICONS[kind] ?? 'file'} size={22} />
      <span>{text}</span>
      {action}
    </div>
  );
}

function Drawn({ kind, src, media }: { kind: MessageKind; src: string; media: Media }): ReactNode {
  const name = media.filename ?? kind;
  if (kind === 'video') return <video src={src} controls preload="metadata" />;
  if (kind === 'audio') return <audio src={src} controls preload="metadata" />;
  return (
    <a href={src} target="_blank" rel="noopener noreferrer" title={`Open ${name}`}>
      <img src={src} alt={name} />
    </a>
  );
}

/** Image, sticker, video, audio: the frame has its size before the bytes are there, so that nothing jumps. */
function VisualMedia({ media, kind }: { readonly media: Media; readonly kind: MessageKind }): ReactNode {
  const [ref, isNear] = useNearScreen();
  const [loaded, retry] = useBlob(media.url, isNear);
  return (
    <div ref={ref} className={`media media-${kind}`}>
      {loaded.state === 'ready' ? <Drawn kind={kind} src={loaded.src} media={media} /> : null}
      {loaded.state === 'loading' ? <Placeholder kind={kind} text={describe(media)} /> : null}
      {loaded.state === 'failed' ? (
        <Placeholder
          kind={kind}
          text="Could not be loaded"
          action={
            <button type="button" className="link" onClick={retry}>
              Try again
            </button>
          }
        />
      ) : null}
    </div>
  );
}

function FileMedia({ media }: { readonly media: Media }): ReactNode {
  const [isBusy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const download = async (): Promise<void> => {
    if (media.url === null) return;
    setBusy(true);
    const src = await actions.fetchMedia(media.url);
    setBusy(false);
    setFailed(src === null);
    if (src === null) return;
    const link = document.createElement('a');
    link.href = src;
    link.download = media.filename ?? 'attachment';
    link.click();
    setTimeout(() => {
      URL.revokeObjectURL(src);
    }, 10_000);
  };
  return (
    <button type="button" className="file-card" disabled={isBusy} onClick={() => void download()}>
      <span className="file-mark">
        <Icon name="file" size={20} />
      </span>
      <span className="file-words">
        <span className="file-name">{media.filename ?? 'Document'}</span>
        <span className="file-size">{failed ? 'Could not be loaded. Try again.' : sizeAndType(media)}</span>
      </span>
      <Icon name="download" />
    </button>
  );
}

/** A message's attachment in whatever state it is. */
export function MediaView({ media, kind }: { readonly media: Media; readonly kind: MessageKind }): ReactNode {
  if (media.state === 'pending') return <Placeholder kind={kind} text={`${describe(media)} is being fetched …`} />;
  if (media.state === 'failed' || media.url === null) {
    return (
      <Placeholder kind={kind} text={`${describe(media)} could not be fetched. Ask the customer to send it again.`} />
    );
  }
  return kind === 'document' ? <FileMedia media={media} /> : <VisualMedia key={media.id} media={media} kind={kind} />;
}
