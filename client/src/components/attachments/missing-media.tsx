/** An attachment that is still being fetched from the carrier, or could not be. */
import type { ReactNode } from 'react';
import type { Media, Message } from '../../../../src/contract/entities.ts';
import { describeMedia, Placeholder } from './placeholder.tsx';

/** Says why the file is not here. */
export function MissingMedia({ message, media }: { readonly message: Message; readonly media: Media }): ReactNode {
  const what = describeMedia(media, message.kind);
  if (media.state === 'pending') return <Placeholder kind={message.kind} text={`${what} is being fetched …`} />;
  const reason = media.failure ?? 'Ask the customer to send it again.';
  return <Placeholder kind={message.kind} text={`${what} could not be fetched. ${reason}`} />;
}
