/** A message as people see it, exactly as it crosses the wire (protocol section 5), and all that it can carry. */
import { z } from 'zod';
import { AccountId, MediaId, MessageId, ThreadId } from './ids.ts';
import { Instant } from './instant.ts';

export const MessageKind = z.enum([
  'text',
  'image',
  'audio',
  'video',
  'document',
  'sticker',
  'location',
  'contacts',
  'interactive',
  'template',
  'order',
  'poll',
  'system',
  'unsupported',
]);
export type MessageKind = z.infer<typeof MessageKind>;

export const MessageStatus = z.enum([
  'received',
  'queued',
  'sending',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'unknown',
]);
export type MessageStatus = z.infer<typeof MessageStatus>;

export const Direction = z.enum(['inbound', 'outbound']);
export type Direction = z.infer<typeof Direction>;

export const Media = z.object({
  id: MediaId,
  mime: z.string(),
  filename: z.string().nullable(),
  /** Null if the provider did not say and the file is not stored yet. */
  sizeBytes: z.number().int().nonnegative().nullable(),
  voice: z.boolean(),
  state: z.enum(['pending', 'ready', 'failed']),
  /** Why a failed download failed, for the agent; otherwise null. */
  failure: z.string().nullable(),
  url: z.string().nullable(),
  /** A small WebP of an image; null if there is none. */
  thumbnailUrl: z.string().nullable(),
  /** Displayed size of an image in pixels; null if unknown. */
  width: z.number().int().positive().nullable(),
  height: z.number().int().positive().nullable(),
});
export type Media = z.infer<typeof Media>;

export const Location = z.object({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: z.string().max(1000).optional(),
  address: z.string().max(1000).optional(),
  url: z.string().max(2048).optional(),
});
export type Location = z.infer<typeof Location>;

export const ContactCard = z.object({
  name: z.string().max(512),
  phones: z.array(z.object({ phone: z.string().max(64), waId: z.string().max(64).optional() })).max(32),
  organization: z.string().max(512).optional(),
  emails: z.array(z.string().max(320)).max(32).optional(),
});
export type ContactCard = z.infer<typeof ContactCard>;

export const Poll = z.object({
  question: z.string(),
  /** `votes` counts people by their present choice. */
  options: z.array(z.object({ name: z.string(), votes: z.number().int().nonnegative() })),
  /** More than one option may be chosen. */
  multiple: z.boolean(),
});
export type Poll = z.infer<typeof Poll>;

export const SystemNotice = z.object({
  type: z.enum(['number_changed', 'user_id_changed', 'identity_changed', 'call']),
  /**
   * The person's new address, as `+digits`, `lid:…` or `bsuid:…`; linked to the contact unless somebody else has it.
   */
  newAddress: z.string().optional(),
  /** A call as the carrier named its last known step, e.g. `offer`, `connect`, `timeout`. */
  event: z.string().optional(),
  direction: Direction.optional(),
});
/** Something that happened in a conversation and that nobody wrote. */
export type SystemNotice = z.infer<typeof SystemNotice>;

const Loose = z.record(z.string(), z.unknown());

export const MessageError = z.object({ code: z.string(), title: z.string(), retryable: z.boolean() });
export type MessageError = z.infer<typeof MessageError>;

export const Reaction = z.object({
  emoji: z.string(),
  by: z.object({ type: z.enum(['contact', 'member']), id: z.string() }),
});
export type Reaction = z.infer<typeof Reaction>;

export const Author = z.object({
  type: z.enum(['contact', 'member', 'phone', 'system']),
  id: z.string().nullable(),
  /**
   * Name of a group's participant at the time of writing; null if the thread's own contact or a member is the author.
   */
  name: z.string().nullable().optional(),
});
export type Author = z.infer<typeof Author>;

export const Message = z.object({
  id: MessageId,
  threadId: ThreadId,
  accountId: AccountId,
  direction: Direction,
  kind: MessageKind,
  text: z.string().nullable(),
  /** For a text of ours: false if its author wanted no preview of the link in it. */
  linkPreview: z.boolean().optional(),
  media: Media.nullable(),
  location: Location.optional(),
  contacts: z.array(ContactCard).optional(),
  interactive: Loose.optional(),
  template: Loose.optional(),
  order: Loose.optional(),
  poll: Poll.optional(),
  system: SystemNotice.optional(),
  referral: Loose.optional(),
  /** The product that the customer asks about. */
  referredProduct: Loose.optional(),
  /** For a placeholder: the provider's own name of the kind that cannot be shown. */
  unsupported: Loose.optional(),
  forwarded: z.boolean().optional(),
  /** Imported with the phone's history: nobody was notified, and it opens no window. */
  backlog: z.boolean().optional(),
  frequentlyForwarded: z.boolean().optional(),
  /** The sender wanted it to be opened only once. */
  viewOnce: z.boolean().optional(),
  /** A moving sticker. */
  animated: z.boolean().optional(),
  /** A live location; this is where it began. */
  live: z.boolean().optional(),
  replyTo: z.object({ messageId: MessageId.nullable(), providerMessageId: z.string().nullable() }).nullable(),
  reactions: z.array(Reaction),
  status: MessageStatus,
  statusAt: z.object({
    sent: Instant.optional(),
    delivered: Instant.optional(),
    read: Instant.optional(),
    played: Instant.optional(),
    failed: Instant.optional(),
  }),
  error: MessageError.nullable(),
  author: Author,
  providerMessageId: z.string().nullable(),
  /** The sender's own key of a command that made this message; lets a client match its local echo. */
  commandId: z.string().nullable().optional(),
  sentAt: Instant,
  receivedAt: Instant,
  position: z.string(),
  editedAt: Instant.nullable(),
  revokedAt: Instant.nullable(),
  version: z.number().int().positive(),
});
export type Message = z.infer<typeof Message>;
