/** REST bodies and queries that are not commands. */
import { z } from 'zod';
import { MediaKind } from './capabilities.ts';
import { messagePlace, ThreadFilter, ThreadOrder } from './commands.ts';
import { Role, User } from './entities.ts';
import { AccountId, MemberId, TenantId } from './ids.ts';
import { Instant } from './instant.ts';
import { NewPassword } from './members.ts';
import { Media } from './message.ts';
import { reportRange } from './reports.ts';
import { TextQuery } from './text-hits.ts';

export const LoginInput = z.strictObject({ email: z.email().max(254), password: z.string().min(1).max(1024) });
export type LoginInput = z.infer<typeof LoginInput>;

export const PasswordChange = z.strictObject({ current: z.string().min(1).max(1024), next: NewPassword });
/** A new password, with the present one. */
export type PasswordChange = z.infer<typeof PasswordChange>;

export const Session = z.object({
  token: z.string(),
  expiresAt: Instant,
  user: User,
  tenants: z.array(z.object({ id: TenantId, slug: z.string(), name: z.string(), role: Role })),
  /** The password is an initial one: the token is only valid for `POST /api/auth/password`. */
  passwordChangeRequired: z.boolean().optional(),
});
export type Session = z.infer<typeof Session>;

const flag = z.stringbool({ truthy: ['true'], falsy: ['false'], error: 'must be true or false' }).optional();
const pageLimit = z.coerce.number().int().min(1).max(100).optional();

/** For lists that nothing selects from. */
export const NoQuery = z.object({});

export const ConversationsQuery = z.object({
  status: ThreadFilter.shape.status,
  assignee: z.union([z.literal('me'), z.literal('none'), MemberId]).optional(),
  tag: z.string().min(1).max(50).optional(),
  account: AccountId.optional(),
  unread: flag,
  q: z.string().max(200).optional(),
  order: ThreadOrder.optional(),
  cursor: z.string().max(200).optional(),
  limit: pageLimit,
});
export type ConversationsQuery = z.infer<typeof ConversationsQuery>;

/** The command itself checks that only one place is named. */
export const MessagesQuery = z.object({ ...messagePlace, limit: pageLimit });
export type MessagesQuery = z.infer<typeof MessagesQuery>;

/** What a conversation is searched for, and where to go on. */
export const SearchQuery = z.object({ q: TextQuery, before: z.string().max(200).optional(), limit: pageLimit });
export type SearchQuery = z.infer<typeof SearchQuery>;

/** The page of an export. */
export const ExportQuery = z.object({ after: z.string().max(200).optional(), limit: pageLimit });
export type ExportQuery = z.infer<typeof ExportQuery>;

export const TemplatesQuery = z.object({ q: z.string().max(200).optional() });
export type TemplatesQuery = z.infer<typeof TemplatesQuery>;

/** The command itself checks the range as a whole. */
export const ReportQuery = z.object(reportRange);
export type ReportQuery = z.infer<typeof ReportQuery>;

export const UploadQuery = z.object({
  accountId: AccountId,
  kind: MediaKind,
  filename: z.string().trim().min(1).max(240).optional(),
  /** To be played as a voice message. */
  voice: flag,
});
/** What the query of `POST /api/media` says about the bytes in its body. */
export type UploadQuery = z.infer<typeof UploadQuery>;

export const ReplyFileToSend = UploadQuery.pick({ accountId: true, kind: true });
/** As what, and with which number, a file of a saved reply is to be sent. */
export type ReplyFileToSend = z.infer<typeof ReplyFileToSend>;

export const Uploaded = z.object({ media: Media });
export type Uploaded = z.infer<typeof Uploaded>;
