/** One line that stands for a message: in a quote, in a notice, in a list. */
import type { Message, MessageKind } from '../../../src/contract/message.ts';
import { plainText } from './rich-text.ts';

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

/** What a file, place or card is called. */
function nameIn({ media, location, contacts }: Message): string | null {
  if (media?.voice === true) return 'Voice message';
  return media?.filename ?? location?.name ?? contacts?.[0]?.name ?? null;
}

/** More does not fit into a line. */
const MAX_SUMMARY = 300;

/** Its text, or what it carries. */
export function summaryOf(message: Message): string {
  if (message.revokedAt !== null) return 'Deleted message';
  if (message.text !== null) return plainText(message.text.slice(0, MAX_SUMMARY));
  return nameIn(message) ?? wordlessly(message);
}

/** The word for a kind when there is no text to show. */
export function kindWords(kind: MessageKind): string {
  return KIND_WORDS[kind];
}

/** The word for a message without a text; of what we send to be touched, only a product needs none. */
export function wordlessly({ kind, direction }: Pick<Message, 'kind' | 'direction'>): string {
  return kind === 'interactive' && direction === 'outbound' ? 'Product' : kindWords(kind);
}
