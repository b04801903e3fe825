/** The message that another one answers to; a click goes there. */
import type { ReactNode } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { useAuthorName } from './author.ts';
import { useBlob } from './attachments/use-blob.ts';
import { useMessageTools } from './message-tools.ts';
import { summaryOf } from './summary.ts';

/** A message in a line: who, what, and a small picture. */
export function Quoted({ message }: { readonly message: Message }): ReactNode {
  const author = useAuthorName(message);
  const [thumbnail] = useBlob(message.media?.thumbnailUrl ?? null, message.revokedAt === null);
  return (
    <>
      <span className="quote-words">
        <strong>{author}</strong>
        <span dir="auto">{summaryOf(message)}</span>
      </span>
      {thumbnail.state === 'ready' ? <img src={thumbnail.src} alt="" /> : null}
    </>
  );
}

interface QuoteProps {
  readonly message: Message;
  /** The quoted one, where it is loaded. */
  readonly quoted: Message | null;
}

/** Nothing for a message that answers to none. */
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
