/** The message that another one replies to; a click goes to it. */
import type { ReactNode } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { useAuthorName } from './author.ts';
import { useBlob } from './attachments/use-blob.ts';
import { useMessageTools } from './message-tools.ts';
import { summaryOf } from './summary.ts';

/** A message on one line: author, summary and thumbnail. */
export function Quoted({ message }: { readonly message: Message }): ReactNode {
  const author = useAuthorName(message);
  const thumbnailUrl = message.revokedAt === null ? (message.media?.thumbnailUrl ?? null) : null;
  const [thumbnail] = useBlob(thumbnailUrl, true);
  return (
    <>
      <span className="quote-words">
        <strong>{author}</strong>
        <span dir="auto">{summaryOf(message)}</span>
      </span>
      {thumbnailUrl === null ? null : (
        <span className="quote-picture">{thumbnail.state === 'ready' ? <img src={thumbnail.src} alt="" /> : null}</span>
      )}
    </>
  );
}

interface QuoteProps {
  readonly message: Message;
  /** The quoted message, if it is loaded. */
  readonly quoted: Message | null;
}

/** Renders nothing for a message that is not a reply. */
export function Quote({ message, quoted }: QuoteProps): ReactNode {
  const { onJump } = useMessageTools();
  if (message.replyTo === null) return null;
  const id = message.replyTo.messageId;
  return (
    <button
      type="button"
      className="quote"
      data-testid="quote"
      disabled={id === null}
      title={id === null ? 'This message is not in the inbox' : 'Go to this message'}
      onClick={() => {
        if (id !== null) onJump(id);
      }}
    >
      {quoted === null ? <span className="quote-words">An earlier message</span> : <Quoted message={quoted} />}
    </button>
  );
}
