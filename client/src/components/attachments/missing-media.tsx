/** An attachment that is still being fetched from the carrier, or could not be fetched. */
import type { ReactNode } from 'react';
import type { Media, Message } from '../../../../src/contract/message.ts';
import { actions } from '../../state/app.ts';
import { Icon } from '../icons.tsx';
import { drawnAs } from './drawn-as.ts';
import { describeMedia, iconOf, Placeholder } from './placeholder.tsx';

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

interface MissingMediaProps {
  readonly message: Message;
  readonly media: Media;
  readonly isCell: boolean;
}

/** As high as the player or the card that will stand here. */
function PendingFile({ message, media }: Pick<MissingMediaProps, 'message' | 'media'>): ReactNode {
  return (
    <div className="file-card" data-kind={message.kind}>
      <span className="file-mark">
        <Icon name={iconOf(message.kind)} size={20} />
      </span>
      <span className="file-words">
        <span className="file-name">{describeMedia(media, message.kind)}</span>{' '}
        <span className="file-size">is being fetched …</span>
      </span>
    </div>
  );
}

function Failed({ message, media }: Pick<MissingMediaProps, 'message' | 'media'>): ReactNode {
  const reason = media.failure ?? 'Ask the customer to send it again.';
  const text = `${describeMedia(media, message.kind)} could not be fetched. ${reason}`;
  return <Placeholder kind={message.kind} text={text} action={<Again message={message} />} />;
}

/** Says why the file is missing, in the room that it will take; a failed fetch can be retried. */
export function MissingMedia({ message, media, isCell }: MissingMediaProps): ReactNode {
  const kind = drawnAs(message, media);
  const isPending = media.state === 'pending';
  if (kind !== 'image' && kind !== 'video' && kind !== 'sticker')
    return isPending ? <PendingFile message={message} media={media} /> : <Failed message={message} media={media} />;
  return (
    <div className={`media media-${kind}`} data-cell={isCell} data-failed={!isPending}>
      {isPending ? (
        <Placeholder kind={kind} text={`${describeMedia(media, kind)} is being fetched …`} />
      ) : (
        <Failed message={message} media={media} />
      )}
    </div>
  );
}
