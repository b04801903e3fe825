/** Messages that a search has found by the words of their text. */
import { z } from 'zod';
import { MessageId, ThreadId } from './ids.ts';
import { Instant } from './instant.ts';
import { Author, Direction } from './message.ts';

/** What is searched for: words, the last of them possibly incomplete. */
export const TextQuery = z.string().trim().min(1, 'must not be empty').max(200);

/** Most conversations that one `thread:find-texts` may name. */
export const MOST_SEARCHED = 50;

export const TextHit = z.object({
  threadId: ThreadId,
  messageId: MessageId,
  position: z.string(),
  direction: Direction,
  author: Author,
  sentAt: Instant,
  /** The text around the words, on one line, in order. `isFound`: one of the words. `…` where text is left out before. */
  snippet: z.array(z.object({ text: z.string(), isFound: z.boolean() })),
});
/** A message with the words of a search, and where they are in its text. */
export type TextHit = z.infer<typeof TextHit>;
