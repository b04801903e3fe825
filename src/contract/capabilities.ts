/** What a number can send, and which files it supports. */
import { z } from 'zod';
import { MessageKind } from './message.ts';

export const MediaKind = z.enum(['image', 'video', 'audio', 'document', 'sticker']);
/** The kinds of message that consist of a file. */
export type MediaKind = z.infer<typeof MediaKind>;

export const MediaLimit = z.object({
  maxBytes: z.number().int().positive(),
  maxStillBytes: z.number().int().positive().optional(),
  mimes: z.array(z.string()),
});
/**
 * The largest file, the largest still image where that differs, and the supported types; a type made of stars matches
 * any.
 */
export type MediaLimit = z.infer<typeof MediaLimit>;

export const Capabilities = z.object({
  kinds: z.array(MessageKind),
  reactions: z.boolean(),
  quotes: z.boolean(),
  typing: z.boolean(),
  readReceipts: z.boolean(),
  voice: z.boolean(),
  /** Limits of each kind of file; a kind that is absent cannot be sent. */
  media: z.partialRecord(MediaKind, MediaLimit),
  /** The types of interactive message; their shapes are in contract/interactive.ts. */
  interactive: z.array(
    z.enum(['button', 'list', 'cta_url', 'flow', 'product', 'product_list', 'location_request_message']),
  ),
  /** `named`: by name and language. `content`: by Content SID. */
  templates: z.enum(['named', 'content', 'none']),
  /** How long after the customer's last message anything but a template can be sent; null = for ever. */
  windowMs: z.number().int().positive().nullable(),
  /** Longest text, UTF-16 units. */
  maxTextChars: z.number().int().positive(),
});
/** What a number can send, so that a client offers nothing that would be refused. */
export type Capabilities = z.infer<typeof Capabilities>;
