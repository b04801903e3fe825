/** Texts that a business answers with again and again. */
import { z } from 'zod';
import { MemberId, SavedReplyFileId, SavedReplyId } from './ids.ts';
import { Instant } from './instant.ts';
import { distinct } from './parts.ts';
import { MAX_REPLY_FILES, MAX_SHORTCUT_CHARS, SHORTCUT, unknownPlaceholder } from './saved-reply-text.ts';
import { MAX_FILENAME_CHARS, MAX_TEXT_CHARS } from './send-limits.ts';

const version = z.number().int().positive();

export const SavedReplyFile = z.object({
  id: SavedReplyFileId,
  filename: z.string(),
  mime: z.string(),
  sizeBytes: z.number().int().positive(),
  url: z.string(),
  /** A small WebP of an image; null if there is none. */
  thumbnailUrl: z.string().nullable(),
});
/** A file that is sent with a saved reply. It never changes: another file has another id. */
export type SavedReplyFile = z.infer<typeof SavedReplyFile>;

export const SavedReplyFileQuery = z.object({
  filename: z
    .string()
    .trim()
    .min(1)
    .max(MAX_FILENAME_CHARS)
    .refine((name) => /\P{Cc}/u.test(name), 'must not be empty'),
});
/** What the query of `POST /api/saved-replies/files` says about the bytes in its body. */
export type SavedReplyFileQuery = z.infer<typeof SavedReplyFileQuery>;

export const StoredReplyFile = z.object({ file: SavedReplyFile });
export type StoredReplyFile = z.infer<typeof StoredReplyFile>;

export const SavedReply = z.object({
  id: SavedReplyId,
  /** What agents type after a slash. Unique in its business, in small letters. */
  shortcut: z.string(),
  /** May contain `{{customer.name}}` and `{{agent.name}}`, which the client fills in. */
  text: z.string(),
  /** In the order in which they are sent. */
  files: z.array(SavedReplyFile),
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

/** All files of the reply: those that are not named are taken out of it. */
const files = z
  .array(SavedReplyFileId)
  .max(MAX_REPLY_FILES, `must be at most ${String(MAX_REPLY_FILES)} files`)
  .refine((ids) => new Set(ids).size === ids.length, distinct('file'));

/** The fields of a new saved reply. */
export const newSavedReply = { shortcut, text, files: files.optional() };

/** Which saved reply, and the version that the caller has seen; without it, whatever others changed is overwritten. */
export const seenSavedReply = { savedReplyId: SavedReplyId, expectedVersion: version.optional() };

/** Fields that are absent keep their value. */
export const savedReplyChange = {
  ...seenSavedReply,
  shortcut: shortcut.optional(),
  text: text.optional(),
  files: files.optional(),
};
