/** Everything stored about one customer, exported record by record, and its erasure. */
import { z } from 'zod';
import { Contact, Note, Thread } from './entities.ts';
import { ContactId } from './ids.ts';
import { Instant } from './instant.ts';
import { Message } from './message.ts';

export const AuditRecord = z.object({
  id: z.string(),
  at: Instant,
  actorType: z.string(),
  actorId: z.string().nullable(),
  action: z.string(),
  subjectType: z.string(),
  subjectId: z.string().nullable(),
});
/** Who did what to the contact or one of their conversations. */
export type AuditRecord = z.infer<typeof AuditRecord>;

export const ExportRecord = z.discriminatedUnion('type', [
  z.object({ type: z.literal('contact'), contact: Contact }),
  z.object({ type: z.literal('thread'), thread: Thread }),
  /** From their conversations, and what they wrote in groups. Files are links in `media`. */
  z.object({ type: z.literal('message'), message: Message }),
  z.object({ type: z.literal('note'), note: Note }),
  z.object({ type: z.literal('audit'), entry: AuditRecord }),
]);
/** One thing that is stored of a customer. */
export type ExportRecord = z.infer<typeof ExportRecord>;

export const Erasure = z.object({
  contactId: ContactId,
  requestedAt: Instant,
  /** Null while in progress: nobody sees the conversations any more, but some copies still exist. */
  finishedAt: Instant.nullable(),
  /** What is being erased now. */
  stage: z.string(),
  /** Messages erased so far. */
  messages: z.number().int().nonnegative(),
  /** When the last copy that the product keeps reaches the end of its retention, even if the erasure were stuck. */
  erasedFullyBy: Instant,
});
/** The progress of an erasure. */
export type Erasure = z.infer<typeof Erasure>;
