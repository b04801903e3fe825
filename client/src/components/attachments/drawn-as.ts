/** As what an attachment is drawn. Pure. */
import type { Media, Message } from '../../../../src/contract/message.ts';

/** The kind of a message that is a file; the file above a question or a template is drawn by its type. */
export function drawnAs({ kind }: Pick<Message, 'kind'>, { mime }: Pick<Media, 'mime'>): Message['kind'] {
  if (kind !== 'interactive' && kind !== 'template') return kind;
  if (mime.startsWith('image/')) return 'image';
  return mime.startsWith('video/') ? 'video' : 'document';
}
