/** Summarizes a message in one line for quotes, notifications and lists. */
import type { LastMessage } from '../../../src/contract/entities.ts';
import type { Message, MessageKind } from '../../../src/contract/message.ts';
import { plainText } from './rich-text.ts';

const DELETED = 'Deleted message';
const KIND_WORDS: Readonly<Record<MessageKind, string>> = {
  // A text without words has been taken back.
  text: DELETED,
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

/** The name of a file, place or contact card. */
function nameIn({ media, location, contacts }: Message): string | null {
  if (media?.voice === true) return 'Voice message';
  return media?.filename ?? location?.name ?? contacts?.[0]?.name ?? null;
}

/** Maximum length in characters; more does not fit on a line. */
const MAX_SUMMARY = 300;

/** The text of a message, or a name or word for what it contains. */
export function summaryOf(message: Message): string {
  if (message.revokedAt !== null) return DELETED;
  if (message.text !== null) return plainText(message.text.slice(0, MAX_SUMMARY));
  return nameIn(message) ?? wordlessly(message);
}

/** The word for a kind when there is no text to show. */
export function kindWords(kind: MessageKind): string {
  return KIND_WORDS[kind];
}

/** The word for a message without text. The only outbound interactive message that needs no text is a product. */
function wordlessly({ kind, direction }: Pick<Message, 'kind' | 'direction'>): string {
  return kind === 'interactive' && direction === 'outbound' ? 'Product' : kindWords(kind);
}

/** The line of a conversation about its last message. */
export function previewOf(last: LastMessage): string {
  return plainText(last.preview) || wordlessly(last);
}
