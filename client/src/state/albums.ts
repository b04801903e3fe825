/** Which pictures are shown as one album: what a person sent in one go. Pure. */
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

/** Whether `next` belongs to the pictures before it: same sender, within a minute, and at most one of all has words. */
export function continuesAlbum(pictures: readonly Message[], next: Message): boolean {
  const last = pictures.at(-1);
  if (last === undefined || !isPlainPicture(last) || !isPlainPicture(next)) return false;
  if (last.direction !== next.direction || last.author.type !== next.author.type || last.author.id !== next.author.id)
    return false;
  if (Date.parse(next.sentAt) - Date.parse(last.sentAt) > TOGETHER_MS) return false;
  return !hasWords(next) || !pictures.some(hasWords);
}
