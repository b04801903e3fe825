/** Branded identifiers: a MessageId can never be passed where a ThreadId is meant. All are UUIDv7 text, in small letters. */
import { z } from 'zod';

// Ids are compared and used as keys, so they have one spelling.
const uuid = z.uuid({ error: 'must be a UUID' }).toLowerCase();

export const TenantId = uuid.brand<'TenantId'>();
export const UserId = uuid.brand<'UserId'>();
export const MemberId = uuid.brand<'MemberId'>();
export const AccountId = uuid.brand<'AccountId'>();
export const ContactId = uuid.brand<'ContactId'>();
export const ThreadId = uuid.brand<'ThreadId'>();
export const MessageId = uuid.brand<'MessageId'>();
export const MediaId = uuid.brand<'MediaId'>();
export const NoteId = uuid.brand<'NoteId'>();
export const MergeId = uuid.brand<'MergeId'>();
export const SavedReplyId = uuid.brand<'SavedReplyId'>();
export const SavedReplyFileId = uuid.brand<'SavedReplyFileId'>();
export const CommandId = uuid.brand<'CommandId'>();

/** One business on the platform. */
export type TenantId = z.infer<typeof TenantId>;
/** A person who can log in; may belong to several tenants. */
export type UserId = z.infer<typeof UserId>;
/** A user's membership in one tenant. */
export type MemberId = z.infer<typeof MemberId>;
/** One WhatsApp number or instance of a tenant. */
export type AccountId = z.infer<typeof AccountId>;
/** A customer, known by a set of addresses. */
export type ContactId = z.infer<typeof ContactId>;
/** The conversation of one account with one contact. */
export type ThreadId = z.infer<typeof ThreadId>;
/** One message of a thread, in or out. */
export type MessageId = z.infer<typeof MessageId>;
/** A stored attachment. */
export type MediaId = z.infer<typeof MediaId>;
/** An internal remark on a thread. */
export type NoteId = z.infer<typeof NoteId>;
/** One merge of two contacts, by which it can be undone. */
export type MergeId = z.infer<typeof MergeId>;
/** A text that a business answers with again and again. */
export type SavedReplyId = z.infer<typeof SavedReplyId>;
/** A file that is sent with a saved reply. */
export type SavedReplyFileId = z.infer<typeof SavedReplyFileId>;
/** The client's own key for one intent; repeating it returns the first result. */
export type CommandId = z.infer<typeof CommandId>;
