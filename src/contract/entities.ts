/** The things people see, exactly as they cross the wire (protocol section 5). Instants are ISO 8601 UTC with ms. */
import { z } from 'zod';
import {
  AccountId,
  ContactId,
  MediaId,
  MemberId,
  MergeId,
  MessageId,
  NoteId,
  TenantId,
  ThreadId,
  UserId,
} from './ids.ts';

export const Instant = z.iso.datetime({ error: 'must be an ISO 8601 UTC instant' });
/** ISO 8601 UTC text with milliseconds, e.g. `2026-01-02T03:04:05.678Z`. */
export type Instant = z.infer<typeof Instant>;

export const ProviderName = z.enum(['cloud', 'evolution', 'twilio']);
export type ProviderName = z.infer<typeof ProviderName>;

export const Role = z.enum(['super_admin', 'tenant_admin', 'manager', 'agent']);
export type Role = z.infer<typeof Role>;

export const AgentVisibility = z.enum(['own', 'own_and_unassigned', 'all']);
/** Tenant setting: which threads its agents may see. */
export type AgentVisibility = z.infer<typeof AgentVisibility>;

export const ThreadStatus = z.enum(['open', 'pending', 'snoozed', 'resolved']);
export type ThreadStatus = z.infer<typeof ThreadStatus>;

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

export const AddressType = z.enum(['wa_id', 'jid', 'lid', 'bsuid', 'username', 'group']);
/** `group` is sent as an address type too; the protocol allows added values. */
export type AddressType = z.infer<typeof AddressType>;

export const Address = z.object({ type: AddressType, value: z.string().min(1).max(256) });
export type Address = z.infer<typeof Address>;

export const Contact = z.object({
  id: ContactId,
  displayName: z.string(),
  phone: z.string().nullable(),
  addresses: z.array(Address),
  /** What the customer last told the carrier about marketing messages; null: nothing. */
  marketingConsent: z.enum(['granted', 'withdrawn']).nullable().optional(),
  /** Contacts that were merged into this one and can be taken out again with `contact:unmerge`. */
  merges: z.array(z.object({ id: MergeId, displayName: z.string(), at: Instant })).optional(),
});
export type Contact = z.infer<typeof Contact>;

export const LastMessage = z.object({
  id: MessageId,
  direction: Direction,
  kind: MessageKind,
  preview: z.string(),
  at: Instant,
  status: MessageStatus,
});
export type LastMessage = z.infer<typeof LastMessage>;

export const Thread = z.object({
  id: ThreadId,
  tenantId: TenantId,
  accountId: AccountId,
  contact: Contact,
  status: ThreadStatus,
  assigneeId: MemberId.nullable(),
  tags: z.array(z.string()),
  unreadCount: z.number().int().nonnegative(),
  lastMessage: LastMessage.nullable(),
  lastActivityAt: Instant,
  windowExpiresAt: Instant.nullable(),
  snoozedUntil: Instant.nullable(),
  version: z.number().int().positive(),
  createdAt: Instant,
});
export type Thread = z.infer<typeof Thread>;

export const Media = z.object({
  id: MediaId,
  mime: z.string(),
  filename: z.string().nullable(),
  /** Null where the provider did not say and the file is not here yet. */
  sizeBytes: z.number().int().nonnegative().nullable(),
  voice: z.boolean(),
  state: z.enum(['pending', 'ready', 'failed']),
  /** Why a failed one is not here, for the agent; null otherwise. */
  failure: z.string().nullable(),
  url: z.string().nullable(),
  /** A small WebP of an image; null where there is none. */
  thumbnailUrl: z.string().nullable(),
  /** Pixels of an image as it is shown; null where that is not known. */
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
  /** `votes` counts people, each with their whole present choice. */
  options: z.array(z.object({ name: z.string(), votes: z.number().int().nonnegative() })),
  /** More than one option may be chosen. */
  multiple: z.boolean(),
});
export type Poll = z.infer<typeof Poll>;

export const SystemNotice = z.object({
  type: z.enum(['number_changed', 'user_id_changed', 'identity_changed', 'call']),
  /** Theirs from now on, as `+digits`, `lid:…` or `bsuid:…`; linked to the contact unless it is somebody else's. */
  newAddress: z.string().optional(),
  /** A call as the carrier named its last known step, e.g. `offer`, `connect`, `timeout`. */
  event: z.string().optional(),
  direction: Direction.optional(),
});
/** Something that happened in a conversation that nobody wrote. */
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
  /** Name of a group's participant when they wrote it; null where the thread's own contact or a member is the author. */
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
  /** Of a text of ours: false where its author wanted no preview of the address in it. */
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
  /** Why a placeholder is shown: the provider's own name of the kind we cannot draw. */
  unsupported: Loose.optional(),
  forwarded: z.boolean().optional(),
  /** Imported with the phone's history: nobody was told of it, and it opens no window. */
  backlog: z.boolean().optional(),
  frequentlyForwarded: z.boolean().optional(),
  /** The sender meant it to be opened once. */
  viewOnce: z.boolean().optional(),
  /** A moving sticker. */
  animated: z.boolean().optional(),
  /** A location that was shared live; this is where it began. */
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

export const Note = z.object({
  id: NoteId,
  threadId: ThreadId,
  authorId: MemberId,
  text: z.string(),
  mentions: z.array(z.string()),
  createdAt: Instant,
});
export type Note = z.infer<typeof Note>;

export const PresenceState = z.enum(['online', 'away', 'busy', 'offline']);
export type PresenceState = z.infer<typeof PresenceState>;

export const Member = z.object({
  id: MemberId,
  userId: UserId,
  displayName: z.string(),
  role: Role,
  state: PresenceState,
  activeThreads: z.number().int().nonnegative(),
});
export type Member = z.infer<typeof Member>;

export const AccountState = z.enum(['connected', 'degraded', 'disconnected', 'reauth']);
export type AccountState = z.infer<typeof AccountState>;

export const MediaKind = z.enum(['image', 'video', 'audio', 'document', 'sticker']);
/** The kinds of message that are a file. */
export type MediaKind = z.infer<typeof MediaKind>;

export const MediaLimit = z.object({
  maxBytes: z.number().int().positive(),
  maxStillBytes: z.number().int().positive().optional(),
  mimes: z.array(z.string()),
});
/**
 * The largest file, the largest picture that does not move where that is another, and the types that are taken; one that
 * is all stars stands for any.
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

export const Account = z.object({
  id: AccountId,
  provider: ProviderName,
  name: z.string(),
  phone: z.string().nullable(),
  state: AccountState,
  /** For people: what is wrong and what to do. */
  stateReason: z.string().nullable(),
  /** Taken out of use by an administrator; its conversations stay readable. */
  disabled: z.boolean().optional(),
  capabilities: Capabilities.optional(),
});
export type Account = z.infer<typeof Account>;

export const User = z.object({ id: UserId, email: z.string(), displayName: z.string() });
export type User = z.infer<typeof User>;

export const Tenant = z.object({
  id: TenantId,
  slug: z.string(),
  name: z.string(),
  agentVisibility: AgentVisibility,
});
export type Tenant = z.infer<typeof Tenant>;
