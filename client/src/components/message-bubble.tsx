/** One message in the timeline, with its quote, reactions, delivery state and tools. */
import { memo, type ReactNode } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { useApp } from '../state/app.ts';
import { useAuthorName } from './author.ts';
import { CopyLink } from './copy-link.tsx';
import { fullTime } from './format.ts';
import { Icon } from './icons.tsx';
import { Notice } from './kinds/notice.tsx';
import { Product } from './kinds/order.tsx';
import { Referral } from './kinds/referral.tsx';
import { MessageContent } from './message-content.tsx';
import { MessageFooter } from './message-footer.tsx';
import { MessageToolbar } from './message-toolbar.tsx';
import { useMessageTools } from './message-tools.ts';
import { Quote } from './quote.tsx';
import { Reactions } from './reactions.tsx';
import { Trouble } from './trouble.tsx';

interface BubbleProps {
  readonly message: Message;
  readonly quoted: Message | null;
  readonly isFirst: boolean;
}

/** Attributes by which tests and the jump to a quote find a message. */
export const dataOf = (message: Message): Readonly<Record<string, string>> => ({
  'data-testid': 'message',
  'data-message-id': message.id,
  'data-status': message.status,
  'data-direction': message.direction,
  'data-kind': message.kind,
  'data-backlog': String(message.backlog === true),
});

/** Shown above our own messages and in groups. */
export function Author({ message }: { readonly message: Message }): ReactNode {
  const name = useAuthorName(message);
  const isGroup = useApp(
    (state) =>
      state.machine.inbox.threads.get(message.threadId)?.contact.addresses.some(({ type }) => type === 'group') ===
      true,
  );
  return message.direction === 'outbound' || isGroup ? <div className="author">{name}</div> : null;
}

function Marks({ message }: { readonly message: Message }): ReactNode {
  const isOften = message.frequentlyForwarded === true;
  return (
    <>
      {message.forwarded === true || isOften ? (
        <div className="content-label">
          <Icon name="forward" size={14} />
          {isOften ? 'Forwarded many times' : 'Forwarded'}
        </div>
      ) : null}
      {message.viewOnce === true ? (
        <div className="content-label">
          <Icon name="once" size={14} />
          Can be seen once
        </div>
      ) : null}
    </>
  );
}

function Bubble({ message, quoted, isFirst }: BubbleProps): ReactNode {
  const isDeleted = message.revokedAt !== null;
  const isBare = message.kind === 'sticker' && !isDeleted;
  return (
    <div className="bubble-line">
      <div className={isBare ? 'bubble bubble-bare' : 'bubble'}>
        {isFirst ? <Author message={message} /> : null}
        <Marks message={message} />
        {message.referral === undefined ? null : <Referral referral={message.referral} />}
        <Product message={message} />
        <Quote message={message} quoted={quoted} />
        <MessageContent message={message} />
        <MessageFooter message={message} />
      </div>
      {isDeleted ? null : (
        <MessageToolbar message={message}>
          <CopyLink message={message} />
        </MessageToolbar>
      )}
    </div>
  );
}

/** A message that the server knows, as opposed to a local echo. */
export const MessageBubble = memo(function MessageBubble(props: BubbleProps): ReactNode {
  const { message } = props;
  const { canReact } = useMessageTools();
  if (message.kind === 'system') {
    return (
      <div className="system-line" title={fullTime(message.sentAt)} {...dataOf(message)}>
        <Notice message={message} />
      </div>
    );
  }
  return (
    <div className="message" data-first={props.isFirst} {...dataOf(message)}>
      <Bubble {...props} />
      <Reactions message={message} canReact={canReact} />
      <Trouble message={message} />
    </div>
  );
});
