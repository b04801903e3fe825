/** The entities people see, exactly as they cross the wire (protocol section 5); messages are in message.ts. */
import { z } from 'zod';
import { Capabilities } from './capabilities.ts';
import { AccountId, ContactId, MemberId, MergeId, MessageId, NoteId, TenantId, ThreadId, UserId } from './ids.ts';
import { Instant } from './instant.ts';
import { Direction, MessageKind, MessageStatus } from './message.ts';

export const ProviderName = z.enum(['cloud', 'evolution', 'twilio']);
export type ProviderName = z.infer<typeof ProviderName>;

export const Role = z.enum(['super_admin', 'tenant_admin', 'manager', 'agent']);
export type Role = z.infer<typeof Role>;

export const AgentVisibility = z.enum(['own', 'own_and_unassigned', 'all']);
/** Tenant setting: which threads its agents may see. */
export type AgentVisibility = z.infer<typeof AgentVisibility>;

export const ThreadStatus = z.enum(['open', 'pending', 'snoozed', 'resolved']);
export type ThreadStatus = z.infer<typeof ThreadStatus>;

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
  /** Contacts that were merged into this one and can be separated again with `contact:unmerge`. */
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

export const Account = z.object({
  id: AccountId,
  provider: ProviderName,
  name: z.string(),
  phone: z.string().nullable(),
  state: AccountState,
  /** For people: what is wrong and what to do about it. */
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
