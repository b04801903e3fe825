/** An attachment that is still being fetched from the carrier, or could not be fetched. */
import type { ReactNode } from 'react';
import type { Media, Message } from '../../../../src/contract/message.ts';
import { actions } from '../../state/app.ts';
import { Icon } from '../icons.tsx';
import { describeMedia, Placeholder } from './placeholder.tsx';

function Again({ message }: { readonly message: Message }): ReactNode {
  return (
    <button
      type="button"
      className="link"
      data-testid="media-retry"
      onClick={() => actions.retryMedia(message.threadId, message.id)}
    >
      <Icon name="retry" size={14} />
      Try again
    </button>
  );
}

/** Says why the file is missing; a failed fetch can be retried. */
export function MissingMedia({ message, media }: { readonly message: Message; readonly media: Media }): ReactNode {
  const what = describeMedia(media, message.kind);
  if (media.state === 'pending') return <Placeholder kind={message.kind} text={`${what} is being fetched …`} />;
  const reason = media.failure ?? 'Ask the customer to send it again.';
  const text = `${what} could not be fetched. ${reason}`;
  return <Placeholder kind={message.kind} text={text} action={<Again message={message} />} />;
}
