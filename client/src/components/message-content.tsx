/** Draws the content of a message, one function per kind. */
import type { ReactNode } from 'react';
import type { Message, MessageKind } from '../../../src/contract/message.ts';
import { Attachment } from './attachments/attachment.tsx';
import { Icon } from './icons.tsx';
import { Answer } from './kinds/answer.tsx';
import { ContactCards } from './kinds/contact-cards.tsx';
import { Order } from './kinds/order.tsx';
import { Place } from './kinds/place.tsx';
import { Poll } from './kinds/poll.tsx';
import { Template } from './kinds/template.tsx';
import { Unsupported } from './kinds/unsupported.tsx';
import { RichText } from './rich-text-view.tsx';

type Draw = (message: Message) => ReactNode;

const words: Draw = ({ text }) => (text === null || text === '' ? null : <RichText text={text} />);

const withMedia: Draw = (message) => (
  <>
    <Attachment message={message} />
    {words(message)}
  </>
);

const location: Draw = (message) => (
  <>
    {message.location === undefined ? null : <Place place={message.location} isLive={message.live === true} />}
    {words(message)}
  </>
);

/** Twilio delivers contact cards as files. */
const contacts: Draw = (message) =>
  message.contacts === undefined ? (
    withMedia(message)
  ) : (
    <ContactCards cards={message.contacts} accountId={message.accountId} />
  );

const order: Draw = (message) => (
  <>
    {message.order === undefined ? null : <Order order={message.order} />}
    {words(message)}
  </>
);

const DRAWINGS: Readonly<Record<MessageKind, Draw>> = {
  text: words,
  image: withMedia,
  audio: withMedia,
  video: withMedia,
  document: withMedia,
  sticker: withMedia,
  location,
  contacts,
  interactive: (message) => <Answer message={message} />,
  template: (message) => <Template message={message} />,
  order,
  poll: ({ poll, text }) => <Poll {...(poll === undefined ? {} : { poll })} text={text} />,
  system: words,
  unsupported: (message) => <Unsupported message={message} />,
};

/** The body of a bubble. */
export function MessageContent({ message }: { readonly message: Message }): ReactNode {
  if (message.revokedAt !== null) {
    return (
      <div className="revoked">
        <Icon name="ban" size={15} />
        This message was deleted
      </div>
    );
  }
  return DRAWINGS[message.kind](message);
}
