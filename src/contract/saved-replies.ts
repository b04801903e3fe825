/** Texts that a business answers with again and again. */
import { z } from 'zod';
import { MemberId, SavedReplyId } from './ids.ts';
import { Instant } from './instant.ts';
import { MAX_SHORTCUT_CHARS, SHORTCUT, unknownPlaceholder } from './saved-reply-text.ts';
import { MAX_TEXT_CHARS } from './send-limits.ts';

const version = z.number().int().positive();

export const SavedReply = z.object({
  id: SavedReplyId,
  /** What agents type after a slash. Unique in its business, in small letters. */
  shortcut: z.string(),
  /** May contain `{{customer.name}}` and `{{agent.name}}`, which the client fills in. */
  text: z.string(),
  /** Who changed it last. */
  updatedBy: MemberId,
  updatedAt: Instant,
  version,
});
export type SavedReply = z.infer<typeof SavedReply>;

const shortcut = z
  .string()
  .trim()
  .toLowerCase()
  .normalize('NFC')
  .min(1, 'must not be empty')
  .max(MAX_SHORTCUT_CHARS, `must be at most ${String(MAX_SHORTCUT_CHARS)} characters`)
  .regex(SHORTCUT, 'must consist of letters, digits, - and _');

const text = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(MAX_TEXT_CHARS, `must be at most ${String(MAX_TEXT_CHARS)} characters`)
  .superRefine((given, context) => {
    const unknown = unknownPlaceholder(given);
    if (unknown !== null) context.addIssue({ code: 'custom', message: `has an unknown placeholder: ${unknown}` });
  });

/** The fields of a new saved reply. */
export const newSavedReply = { shortcut, text };

/** Which saved reply, and the version that the caller has seen; without it, whatever others changed is overwritten. */
export const seenSavedReply = { savedReplyId: SavedReplyId, expectedVersion: version.optional() };

/** Fields that are absent keep their value. */
export const savedReplyChange = { ...seenSavedReply, shortcut: shortcut.optional(), text: text.optional() };
