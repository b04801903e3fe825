/** One message in the timeline, with its quote, reactions, delivery state and tools. */
import { memo, useState, type ReactNode } from 'react';
import type { Message } from '../../../src/contract/entities.ts';
import { actions, useApp } from '../state/app.ts';
import { composerPort } from './composer-port.ts';
import { fullTime, timeOf } from './format.ts';
import { Icon } from './icons.tsx';
import { MessageContent, Referral, summaryOf } from './message-content.tsx';
import { Ticks } from './ticks.tsx';

const PALETTE = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

/** What the timeline lends to its bubbles; stable, so that memoised bubbles stay as they are. */
export interface BubbleTools {
  readonly onReply: (message: Message) => void;
  readonly onJump: (messageId: string) => void;
  readonly canReact: boolean;
}

interface BubbleProps {
  readonly message: Message;
  readonly quoted: Message | null;
  readonly isFirst: boolean;
  readonly tools: BubbleTools;
}

/** Who wrote an outbound message. */
function useAuthorName(message: Message): string | null {
  const { type, id } = message.author;
  const name = useApp((state) => (id === null ? undefined : state.machine.inbox.members.get(id)?.displayName));
  if (message.direction === 'inbound') return null;
  if (type === 'phone') return 'From the phone';
  if (type === 'system') return 'Automatic';
  return name ?? 'Former colleague';
}

function Quote({
  message,
  quoted,
  onJump,
}: {
  message: Message;
  quoted: Message | null;
  onJump: (id: string) => void;
}): ReactNode {
  const id = message.replyTo?.messageId ?? null;
  if (message.replyTo === null) return null;
  return (
    <button
      type="button"
      className="quote"
      disabled={id === null}
      onClick={() => {
        if (id !== null) onJump(id);
      }}
    >
      {quoted === null ? 'An earlier message' : summaryOf(quoted)}
    </button>
  );
}

function Reactions({ message }: { readonly message: Message }): ReactNode {
  const me = useApp((state) => state.me?.member.id);
  if (message.reactions.length === 0) return null;
  const counts = new Map<string, { count: number; isMine: boolean }>();
  for (const { emoji, by } of message.reactions) {
    const known = counts.get(emoji) ?? { count: 0, isMine: false };
    counts.set(emoji, { count: known.count + 1, isMine: known.isMine || by.id === me });
  }
  return (
    <div className="reactions">
      {[...counts].map(([emoji, { count, isMine }]) => (
        <button
          key={emoji}
          type="button"
          className="reaction"
          data-mine={isMine}
          title={isMine ? 'Take your reaction back' : `React with ${emoji}`}
          onClick={() => actions.react(message.threadId, message.id, isMine ? '' : emoji)}
        >
          {emoji}
          {count > 1 ? <span>{count}</span> : null}
        </button>
      ))}
    </div>
  );
}

function Tools({ message, tools }: { readonly message: Message; readonly tools: BubbleTools }): ReactNode {
  const [isPicking, setPicking] = useState(false);
  const react = (emoji: string): void => {
    setPicking(false);
    actions.react(message.threadId, message.id, emoji);
  };
  return (
    <div
      className="tools"
      data-open={isPicking}
      onMouseLeave={() => {
        setPicking(false);
      }}
    >
      <button
        type="button"
        title="Reply to this message"
        aria-label="Reply to this message"
        onClick={() => {
          tools.onReply(message);
        }}
      >
        <Icon name="reply" size={16} />
      </button>
      {tools.canReact ? (
        <button
          type="button"
          title="React"
          aria-label="React"
          aria-expanded={isPicking}
          onClick={() => {
            setPicking(!isPicking);
          }}
        >
          <Icon name="smile" size={16} />
        </button>
      ) : null}
      {isPicking ? (
        <div className="palette" role="menu">
          {PALETTE.map((emoji) => (
            <button
              key={emoji}
              type="button"
              role="menuitem"
              aria-label={`React with ${emoji}`}
              onClick={() => {
                react(emoji);
              }}
            >
              {emoji}
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}

const mayBeRepeated = ({ status, providerMessageId, error }: Message): boolean =>
  status === 'unknown' || providerMessageId === null || error?.retryable === true;

/** What the carrier took and then failed for good is never taken again: its text goes back to the composer instead. */
function Remedy({ message }: { readonly message: Message }): ReactNode {
  const { text } = message;
  if (mayBeRepeated(message)) {
    return (
      <button type="button" className="link" onClick={() => actions.retryMessage(message.threadId, message.id)}>
        <Icon name="retry" size={14} />
        Send again
      </button>
    );
  }
  if (text === null) return null;
  return (
    <button type="button" className="link" onClick={() => composerPort.current?.restore(text)}>
      Write again
    </button>
  );
}

function Trouble({ message }: { readonly message: Message }): ReactNode {
  if (message.status !== 'failed' && message.status !== 'unknown') return null;
  const isFailed = message.status === 'failed';
  const reason = isFailed
    ? (message.error?.title ?? 'The message was not sent.')
    : 'May not have been sent. Check with the customer before you send it again.';
  return (
    <div className="trouble" data-level={isFailed ? 'bad' : 'warn'}>
      <span>{reason}</span>
      <Remedy message={message} />
    </div>
  );
}

function Footer({ message }: { readonly message: Message }): ReactNode {
  return (
    <span className="footer" title={fullTime(message.sentAt)}>
      {message.editedAt === null ? null : <span>edited</span>}
      <time dateTime={message.sentAt}>{timeOf(message.sentAt)}</time>
      {message.direction === 'outbound' ? <Ticks status={message.status} /> : null}
    </span>
  );
}

function Bubble({ message, quoted, isFirst, tools }: BubbleProps): ReactNode {
  const author = useAuthorName(message);
  const isBare = message.kind === 'sticker' && message.revokedAt === null;
  return (
    <div className="bubble-line">
      <div className={isBare ? 'bubble bubble-bare' : 'bubble'}>
        {isFirst && author !== null ? <div className="author">{author}</div> : null}
        {message.forwarded === true ? (
          <div className="content-label">
            <Icon name="forward" size={14} />
            Forwarded
          </div>
        ) : null}
        {message.referral === undefined ? null : <Referral referral={message.referral} />}
        <Quote message={message} quoted={quoted} onJump={tools.onJump} />
        <MessageContent message={message} />
        <Footer message={message} />
      </div>
      {message.revokedAt === null ? <Tools message={message} tools={tools} /> : null}
    </div>
  );
}

/** A message as it is known to the server. */
export const MessageBubble = memo(function MessageBubble(props: BubbleProps): ReactNode {
  const { message } = props;
  const data = {
    'data-testid': 'message',
    'data-message-id': message.id,
    'data-status': message.status,
    'data-direction': message.direction,
    'data-kind': message.kind,
  };
  if (message.kind === 'system') {
    return (
      <div className="system-line" {...data}>
        {message.text}
      </div>
    );
  }
  return (
    <div className="message" data-first={props.isFirst} {...data}>
      <Bubble {...props} />
      <Reactions message={message} />
      <Trouble message={message} />
    </div>
  );
});
