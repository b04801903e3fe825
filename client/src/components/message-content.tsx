/** What a message says, one drawing per kind. */
import type { ReactNode } from 'react';
import type { ContactCard, Message, MessageKind } from '../../../src/contract/entities.ts';
import { Icon, type IconName } from './icons.tsx';
import { listAt, textAt, webAddress } from './loose.ts';
import { MediaView } from './media.tsx';
import { RichText } from './rich-text-view.tsx';

type Draw = (message: Message) => ReactNode;

const words = (message: Message): ReactNode =>
  message.text === null || message.text === '' ? null : <RichText text={message.text} />;

function Labelled({ icon, label, children }: { icon: IconName; label: string; children?: ReactNode }): ReactNode {
  return (
    <div className="content-card">
      <div className="content-label">
        <Icon name={icon} size={15} />
        {label}
      </div>
      {children}
    </div>
  );
}

const media: Draw = (message) => (
  <>
    {message.media === null ? null : <MediaView media={message.media} kind={message.kind} />}
    {words(message)}
  </>
);

const location: Draw = (message) => {
  const place = message.location;
  if (place === undefined) return words(message);
  const point = `${String(place.latitude)},${String(place.longitude)}`;
  const href =
    webAddress(place.url) ??
    `https://www.openstreetmap.org/?mlat=${String(place.latitude)}&mlon=${String(place.longitude)}#map=16/${point.replace(',', '/')}`;
  return (
    <a className="place" href={href} target="_blank" rel="noopener noreferrer">
      <span className="place-mark">
        <Icon name="pin" size={26} />
      </span>
      <span className="place-words">
        <strong>{place.name ?? 'Location'}</strong>
        {place.address === undefined ? null : <span>{place.address}</span>}
        <span className="faint">{point}</span>
      </span>
    </a>
  );
};

function Card({ card }: { readonly card: ContactCard }): ReactNode {
  return (
    <div className="contact-card">
      <strong>{card.name}</strong>
      {card.phones.map(({ phone }) => (
        <a key={phone} href={`tel:${phone.replace(/[^\d+]/g, '')}`}>
          {phone}
        </a>
      ))}
    </div>
  );
}

const contacts: Draw = (message) => (
  <Labelled icon="card" label={(message.contacts ?? []).length > 1 ? 'Contacts' : 'Contact'}>
    {(message.contacts ?? []).map((card, index) => (
      <Card key={`${card.name}-${String(index)}`} card={card} />
    ))}
  </Labelled>
);

const interactive: Draw = (message) => {
  const source = message.interactive;
  const title = textAt(source, 'title', 'button_reply.title', 'list_reply.title', 'reply.title', 'body.text', 'text');
  const description = textAt(source, 'description', 'list_reply.description');
  const buttons = listAt(source, 'buttons');
  return (
    <>
      <Labelled icon="list" label={message.direction === 'inbound' ? 'Chose' : 'Choices'}>
        <strong>{title ?? message.text ?? 'An answer'}</strong>
        {description === null ? null : <span className="faint">{description}</span>}
      </Labelled>
      {message.text !== null && message.text !== title && title !== null ? words(message) : null}
      {buttons.map((button, index) => (
        <span key={index} className="choice">
          {textAt(button, 'title', 'reply.title', 'text')}
        </span>
      ))}
    </>
  );
};

const template: Draw = (message) => (
  <>
    <div className="content-label">
      <Icon name="template" size={15} />
      Template {textAt(message.template, 'name')} {textAt(message.template, 'language', 'language.code')}
    </div>
    {words(message)}
  </>
);

const order: Draw = (message) => {
  const items = listAt(message.order, 'items', 'product_items');
  return (
    <>
      <Labelled icon="cart" label={`Order · ${String(items.length)} ${items.length === 1 ? 'item' : 'items'}`}>
        {items.map((item, index) => (
          <div key={index} className="order-line">
            <span>{textAt(item, 'name', 'title', 'productId', 'product_retailer_id') ?? 'Item'}</span>
            <span>
              {textAt(item, 'quantity') ?? '1'} × {textAt(item, 'price', 'item_price') ?? '–'}{' '}
              {textAt(item, 'currency')}
            </span>
          </div>
        ))}
      </Labelled>
      {words(message)}
    </>
  );
};

const poll: Draw = (message) => {
  const source = message.interactive ?? message.unsupported;
  return (
    <Labelled icon="list" label="Poll">
      <strong>{textAt(source, 'question', 'name', 'title') ?? message.text ?? 'A poll'}</strong>
      {listAt(source, 'options').map((option, index) => (
        <span key={index} className="choice">
          {textAt(option, 'name', 'title', 'text')}
        </span>
      ))}
    </Labelled>
  );
};

const unsupported: Draw = (message) => {
  const reason = textAt(message.unsupported, 'reason', 'title', 'error', 'type', 'kind');
  return (
    <Labelled icon="ban" label="Not shown here">
      <span>This kind of message{reason === null ? '' : ` (${reason})`} can only be read on the phone.</span>
      {words(message)}
    </Labelled>
  );
};

const DRAWINGS: Readonly<Record<MessageKind, Draw>> = {
  text: words,
  image: media,
  audio: media,
  video: media,
  document: media,
  sticker: media,
  location,
  contacts,
  interactive,
  template,
  order,
  poll,
  system: words,
  unsupported,
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

/** The advertisement a conversation began with. */
export function Referral({ referral }: { readonly referral: Readonly<Record<string, unknown>> }): ReactNode {
  const href = webAddress(textAt(referral, 'sourceUrl', 'source_url', 'url'));
  return (
    <div className="referral">
      <span className="content-label">
        <Icon name="forward" size={15} />
        Came from an ad
      </span>
      <strong>{textAt(referral, 'headline', 'title') ?? 'Advertisement'}</strong>
      <span>{textAt(referral, 'body', 'text')}</span>
      {href === null ? null : (
        <a href={href} target="_blank" rel="noopener noreferrer nofollow">
          {new URL(href).hostname}
        </a>
      )}
    </div>
  );
}

const KIND_WORDS: Readonly<Record<MessageKind, string>> = {
  text: '',
  image: 'Photo',
  audio: 'Audio',
  video: 'Video',
  document: 'Document',
  sticker: 'Sticker',
  location: 'Location',
  contacts: 'Contact',
  interactive: 'Answer',
  template: 'Template',
  order: 'Order',
  poll: 'Poll',
  system: '',
  unsupported: 'Unsupported message',
};

/** One line that stands for a message: in a quote, in a notice. */
export function summaryOf(message: Message): string {
  if (message.revokedAt !== null) return 'Deleted message';
  return message.text ?? message.media?.filename ?? message.location?.name ?? KIND_WORDS[message.kind];
}

/** The word for a kind when there is no text to show. */
export function kindWords(kind: MessageKind): string {
  return KIND_WORDS[kind];
}
