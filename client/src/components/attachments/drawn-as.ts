/** Decides how an attachment is drawn. Pure. */
import type { Media, Message } from '../../../../src/contract/message.ts';

/** The kind of the message; for the header file of a question or a template, the kind that its media type implies. */
export function drawnAs({ kind }: Pick<Message, 'kind'>, { mime }: Pick<Media, 'mime'>): Message['kind'] {
  if (kind !== 'interactive' && kind !== 'template') return kind;
  if (mime.startsWith('image/')) return 'image';
  return mime.startsWith('video/') ? 'video' : 'document';
}
