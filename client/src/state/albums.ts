/** Decides which pictures are shown as one album: those that one person sent together. Pure. */
import type { Message } from '../../../src/contract/message.ts';

const TOGETHER_MS = 60_000;

const isPlainPicture = ({ kind, media, revokedAt, replyTo, status }: Message): boolean =>
  kind === 'image' &&
  media?.state !== 'failed' &&
  revokedAt === null &&
  replyTo === null &&
  status !== 'failed' &&
  status !== 'unknown';

const hasWords = ({ text }: Message): boolean => text !== null && text !== '';

/**
 * Whether `next` continues the album: same sender, within a minute of the last picture, and at most one picture has a
 * caption.
 */
export function continuesAlbum(pictures: readonly Message[], next: Message): boolean {
  const last = pictures.at(-1);
  if (last === undefined || !isPlainPicture(last) || !isPlainPicture(next)) return false;
  if (last.direction !== next.direction || last.author.type !== next.author.type || last.author.id !== next.author.id)
    return false;
  if (Date.parse(next.sentAt) - Date.parse(last.sentAt) > TOGETHER_MS) return false;
  return !hasWords(next) || !pictures.some(hasWords);
}
