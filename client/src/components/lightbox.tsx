/** Shows a picture as large as the window. Arrow keys go to the other pictures of the conversation. */
import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { NotLoaded } from './attachments/placeholder.tsx';
import { saveAttachment } from './attachments/save.ts';
import { useBlob } from './attachments/use-blob.ts';
import { useAuthorName } from './author.ts';
import { fullTime } from './format.ts';
import { Icon, type IconName } from './icons.tsx';
import { MessageToolbar } from './message-toolbar.tsx';
import { MessageToolsProvider, useMessageTools, type MessageTools } from './message-tools.ts';
import { Reactions } from './reactions.tsx';

/** The pictures that can be opened, oldest first. */
function picturesOf(messages: readonly Message[]): readonly Message[] {
  return messages.filter(
    ({ kind, media, revokedAt }) => kind === 'image' && media?.state === 'ready' && revokedAt === null,
  );
}

interface HeadProps {
  readonly message: Message;
  readonly place: string;
  readonly onClose: () => void;
}

interface ToolProps {
  readonly icon: IconName;
  readonly label: string;
  readonly className?: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

function Tool({ icon, label, className = 'icon-button', disabled = false, onClick }: ToolProps): ReactNode {
  return (
    <button type="button" className={className} title={label} aria-label={label} disabled={disabled} onClick={onClick}>
      <Icon name={icon} size={22} />
    </button>
  );
}

function Head({ message, place, onClose }: HeadProps): ReactNode {
  const author = useAuthorName(message);
  const url = message.media?.url ?? null;
  return (
    <header className="lightbox-head">
      <span>
        <strong>{author}</strong> <time dateTime={message.sentAt}>{fullTime(message.sentAt)}</time>
      </span>
      <span className="lightbox-place">{place}</span>
      <MessageToolbar key={message.id} message={message} />
      {url === null ? null : (
        <Tool
          icon="download"
          label="Save"
          onClick={() => void saveAttachment(url, message.media?.filename ?? 'photo')}
        />
      )}
      <Tool icon="close" label="Close (Esc)" onClick={onClose} />
    </header>
  );
}

function Large({ message }: { readonly message: Message }): ReactNode {
  const [loaded, retry] = useBlob(message.media?.url ?? null, true);
  if (loaded.state === 'ready')
    return <img src={loaded.src} alt={message.text ?? message.media?.filename ?? 'Photo'} />;
  if (loaded.state === 'failed') return <NotLoaded kind="image" onRetry={retry} />;
  return <span role="status">Loading …</span>;
}

interface LightboxProps {
  readonly pictures: readonly Message[];
  readonly shownId: string;
  readonly onShow: (messageId: string) => void;
  readonly onClose: () => void;
}

interface StageProps {
  readonly message: Message;
  readonly hasEarlier: boolean;
  readonly hasLater: boolean;
  readonly go: (step: 1 | -1) => void;
}

function Stage({ message, hasEarlier, hasLater, go }: StageProps): ReactNode {
  const step = (icon: IconName, label: string, by: 1 | -1, isThere: boolean): ReactNode => (
    <Tool
      icon={icon}
      label={label}
      className="lightbox-step"
      disabled={!isThere}
      onClick={() => {
        go(by);
      }}
    />
  );
  return (
    <div className="lightbox-stage">
      {step('back', 'Earlier (←)', -1, hasEarlier)}
      <Large key={message.id} message={message} />
      {step('next', 'Later (→)', 1, hasLater)}
    </div>
  );
}

/** Replying to a picture closes the lightbox, since the reply is written in the composer. */
function useToolsThatLeave(dialog: RefObject<HTMLDialogElement | null>): MessageTools {
  const tools = useMessageTools();
  return useMemo(
    () => ({
      ...tools,
      onReply: (message) => {
        dialog.current?.close();
        tools.onReply(message);
      },
    }),
    [tools, dialog],
  );
}

/** Shown over everything. Closes by itself if the picture is deleted. */
function Lightbox({ pictures, shownId, onShow, onClose }: LightboxProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const tools = useToolsThatLeave(dialog);
  const index = pictures.findIndex(({ id }) => id === shownId);
  const message = pictures[index];
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    if (message === undefined) onClose();
  }, [message, onClose]);
  if (message === undefined) return null;
  const go = (step: 1 | -1): void => {
    const next = pictures[index + step];
    if (next !== undefined) onShow(next.id);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === 'ArrowLeft') go(-1);
    if (event.key === 'ArrowRight') go(1);
  };
  const place = `${String(index + 1)} of ${String(pictures.length)}`;
  return (
    <dialog
      ref={dialog}
      className="lightbox"
      aria-label="Picture"
      data-testid="lightbox"
      onKeyDown={onKeyDown}
      onClose={onClose}
    >
      <MessageToolsProvider value={tools}>
        <Head message={message} place={place} onClose={() => dialog.current?.close()} />
      </MessageToolsProvider>
      <Stage message={message} hasEarlier={index > 0} hasLater={index < pictures.length - 1} go={go} />
      <Reactions message={message} canReact={tools.canReact} />
      {message.text === null ? null : (
        <p className="lightbox-words" dir="auto">
          {message.text}
        </p>
      )}
    </dialog>
  );
}

/** The lightbox, if a picture of these messages is open, and what opens it. */
export function useLightbox(messages: readonly Message[]): { onEnlarge: (id: string) => void; lightbox: ReactNode } {
  const [shownId, setShownId] = useState<string | null>(null);
  const close = useCallback(() => {
    setShownId(null);
  }, []);
  const lightbox =
    shownId === null ? null : (
      <Lightbox pictures={picturesOf(messages)} shownId={shownId} onShow={setShownId} onClose={close} />
    );
  return { onEnlarge: setShownId, lightbox };
}
