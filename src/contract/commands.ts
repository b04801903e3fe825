/** Every command of the product: its input and its result. Socket, REST, OpenAPI, AsyncAPI and the client's types come from here. */
import { z } from 'zod';
import {
  AccountChange,
  AccountDetails,
  AccountHealth,
  changesSecretsOnce,
  NewAccount,
  PairingCode,
  SECRETS_CHANGED_TWICE,
} from './accounts.ts';
import { MAX_TEXT_CHARS } from './send-limits.ts';
import { MOST_COUNTED, MOST_LOOKED_AFTER, MOST_NAMED } from './count-limit.ts';
import { Account, Contact, Member, Note, PresenceState, Thread, ThreadStatus } from './entities.ts';
import { Cursor } from './events.ts';
import { AccountId, CommandId, ContactId, MemberId, MergeId, MessageId, SavedReplyId, ThreadId } from './ids.ts';
import { Instant } from './instant.ts';
import { AddedMember, MemberDetails, NewMember, ResetPassword, TeamRole } from './members.ts';
import { Message } from './message.ts';
import { Erasure, ExportRecord } from './personal-data.ts';
import { isReportRange, NO_REPORT_RANGE, Report, reportRange } from './reports.ts';
import { newSavedReply, SavedReply, savedReplyChange, seenSavedReply } from './saved-replies.ts';
import { SendInput } from './send-input.ts';
import { Template } from './templates.ts';
import { MOST_SEARCHED, TextHit, TextQuery } from './text-hits.ts';

const limit = z.number().int().min(1).max(100);
const tag = z
  .string()
  .trim()
  .min(1)
  .max(50)
  .regex(/^[^\u0000-\u001f]*$/, 'must not contain control characters');

const withCommandId = <S extends z.ZodRawShape>(
  shape: S,
): z.ZodObject<S & { commandId: z.ZodOptional<typeof CommandId> }, z.core.$strict> =>
  z.strictObject({ ...shape, commandId: CommandId.optional() });

export const ThreadFilter = z.object({
  // `active`: every status but resolved.
  status: z.union([ThreadStatus, z.literal('active')]).optional(),
  assignee: z.union([z.literal('me'), z.literal('none'), MemberId]).optional(),
  tag: tag.optional(),
  accountId: AccountId.optional(),
  // true: only those with unread messages.
  unread: z.boolean().optional(),
  q: z.string().trim().max(200).optional(),
});
/** Restricts a list of threads; absent fields do not. */
export type ThreadFilter = z.infer<typeof ThreadFilter>;

export const ThreadOrder = z.enum(['newest', 'oldest']);
/** Which threads of a list come first, by their last activity. */
export type ThreadOrder = z.infer<typeof ThreadOrder>;

const count = z.number().int().nonnegative().max(MOST_COUNTED);

export const Counts = z.object({ mine: count, unassigned: count, all: count, unread: count });
/** Threads not resolved that the member may see; `unread` counts threads with unread messages. */
export type Counts = z.infer<typeof Counts>;

/** Where a page of messages begins; without any, it is the newest. */
export const messagePlace = {
  before: z.string().max(200).optional(),
  after: z.string().max(200).optional(),
  /** This message in the middle, with what was written before and after it. */
  around: MessageId.optional(),
};

type MessagePlace = { readonly [P in keyof typeof messagePlace]?: string | undefined };

export const isOnePlace = ({ before, after, around }: MessagePlace): boolean =>
  [before, after, around].filter((place) => place !== undefined).length <= 1;
export const NOT_ONE_PLACE = 'has more than one of before, after and around';

const threadResult = z.object({ thread: Thread });
const messageResult = z.object({ message: Message });
const accountResult = z.object({ account: Account });
const savedReplyResult = z.object({ savedReply: SavedReply });
const done = z.object({});

/** Input and result by name; the complete list of what a client may send. */
export const COMMANDS = {
  'inbox:snapshot': {
    input: withCommandId({ view: ThreadFilter.optional(), limit: limit.optional() }),
    result: z.object({
      cursor: Cursor,
      threads: z.array(Thread),
      counts: Counts,
      members: z.array(Member),
      accounts: z.array(Account),
      tags: z.array(z.string()),
      savedReplies: z.array(SavedReply).optional(),
      nextCursor: z.string().nullable().optional(),
    }),
  },
  'thread:list': {
    input: withCommandId({
      ...ThreadFilter.shape,
      order: ThreadOrder.optional(),
      after: z.string().max(200).optional(),
      limit: limit.optional(),
    }),
    result: z.object({ items: z.array(Thread), nextCursor: z.string().nullable() }),
  },
  'thread:get': { input: withCommandId({ threadId: ThreadId }), result: threadResult },
  // Returns those of the conversations for which a client keeps something that were erased.
  'thread:find-erased': {
    input: withCommandId({ threadIds: z.array(ThreadId).min(1).max(MOST_LOOKED_AFTER) }),
    result: z.object({ threadIds: z.array(ThreadId) }),
  },
  'thread:messages': {
    input: withCommandId({ threadId: ThreadId, ...messagePlace, limit: limit.optional() }).refine(
      isOnePlace,
      NOT_ONE_PLACE,
    ),
    result: z.object({
      items: z.array(Message),
      notes: z.array(Note).optional(),
      nextCursor: z.string().nullable(),
      /** Where the next newer page begins; null when this one has the newest message. */
      newerCursor: z.string().nullable().optional(),
      cursor: Cursor,
    }),
  },
  /** Messages of a conversation that have the words, newest first. A page may be empty and yet have another after it. */
  'thread:search': {
    input: withCommandId({
      threadId: ThreadId,
      q: TextQuery,
      before: z.string().max(200).optional(),
      limit: limit.optional(),
    }),
    result: z.object({ items: z.array(TextHit), nextCursor: z.string().nullable() }),
  },
  /** Of each conversation its newest message that has the words; none for one without. */
  'thread:find-texts': {
    input: withCommandId({ threadIds: z.array(ThreadId).min(1).max(MOST_SEARCHED), q: TextQuery }),
    result: z.object({ items: z.array(TextHit) }),
  },
  'thread:open': { input: withCommandId({ threadId: ThreadId }), result: done },
  'thread:close': { input: withCommandId({ threadId: ThreadId }), result: done },
  'thread:read': {
    input: withCommandId({ threadId: ThreadId, upToMessageId: MessageId, receipt: z.boolean().optional() }),
    result: threadResult,
  },
  /** Marks what the customer wrote from `fromMessageId` on, by default only their newest message. */
  'thread:mark-unread': {
    input: withCommandId({ threadId: ThreadId, fromMessageId: MessageId.optional() }),
    result: threadResult,
  },
  'thread:assign': {
    input: withCommandId({
      threadId: ThreadId,
      assigneeId: MemberId.nullable(),
      expectedVersion: z.number().int().nonnegative().optional(),
    }),
    result: threadResult,
  },
  /** `seenMessageId`: the newest message that the caller knows. Refused if the customer has written since. */
  'thread:set-status': {
    input: withCommandId({
      threadId: ThreadId,
      status: ThreadStatus,
      snoozeUntil: Instant.optional(),
      seenMessageId: MessageId.optional(),
    }),
    result: threadResult,
  },
  'thread:set-tags': {
    input: withCommandId({
      threadId: ThreadId,
      add: z.array(tag).max(20).optional(),
      remove: z.array(tag).max(20).optional(),
    }),
    result: threadResult,
  },
  'message:send': { input: SendInput, result: messageResult },
  'media:retry': { input: withCommandId({ messageId: MessageId }), result: messageResult },
  'message:retry': { input: withCommandId({ messageId: MessageId }), result: messageResult },
  'note:add': {
    input: withCommandId({
      threadId: ThreadId,
      text: z.string().trim().min(1, 'must not be empty').max(MAX_TEXT_CHARS),
      mentions: z.array(MemberId).max(MOST_NAMED).optional(),
    }),
    result: z.object({ note: Note }),
  },
  'contact:merge': {
    input: withCommandId({ contactId: ContactId, intoContactId: ContactId }),
    result: z.object({ mergeId: MergeId, contact: Contact, threads: z.array(Thread) }),
  },
  'contact:unmerge': {
    input: withCommandId({ mergeId: MergeId }),
    result: z.object({ contact: Contact, threads: z.array(Thread) }),
  },
  /** All that is stored of a person, a page at a time. */
  'contact:export': {
    input: withCommandId({ contactId: ContactId, after: z.string().max(200).optional(), limit: limit.optional() }),
    result: z.object({ items: z.array(ExportRecord), nextCursor: z.string().nullable() }),
  },
  /** `confirm`: the contact's name or id. Sent again, it returns the progress of the erasure. */
  'contact:erase': {
    input: withCommandId({ contactId: ContactId, confirm: z.string().min(1, 'must not be empty').max(1024) }),
    result: z.object({ erasure: Erasure }),
  },
  'typing:set': { input: withCommandId({ threadId: ThreadId, typing: z.boolean() }), result: done },
  'presence:set': { input: withCommandId({ state: PresenceState }), result: done },
  'account:list': { input: withCommandId({}), result: z.object({ items: z.array(AccountDetails) }) },
  'account:create': { input: withCommandId(NewAccount.shape), result: accountResult },
  'account:update': {
    input: withCommandId(AccountChange.shape).refine(changesSecretsOnce, SECRETS_CHANGED_TWICE),
    result: accountResult,
  },
  /** Asks the carrier; `message` says what is wrong, or that nothing is. */
  'account:test': {
    input: withCommandId({ accountId: AccountId }),
    result: z.object({ account: Account, ok: z.boolean(), message: z.string(), health: AccountHealth.nullable() }),
  },
  'account:disable': { input: withCommandId({ accountId: AccountId }), result: accountResult },
  'account:enable': { input: withCommandId({ accountId: AccountId }), result: accountResult },
  /** `qr` null: the number is already connected. Later codes come as `pairing` events to the socket that asked. */
  'account:pair': {
    input: withCommandId({ accountId: AccountId }),
    result: z.object({ qr: PairingCode.nullable() }),
  },
  'member:list': { input: withCommandId({}), result: z.object({ items: z.array(MemberDetails) }) },
  'member:add': { input: withCommandId(NewMember.shape), result: AddedMember },
  'member:set-role': {
    input: withCommandId({ memberId: MemberId, role: TeamRole }),
    result: z.object({ member: Member }),
  },
  /** What was assigned to them is nobody's afterwards. */
  'member:reset-password': { input: withCommandId({ memberId: MemberId }), result: ResetPassword },
  'member:remove': { input: withCommandId({ memberId: MemberId }), result: z.object({ memberId: MemberId }) },
  'template:list': {
    input: withCommandId({ accountId: AccountId, q: z.string().trim().max(200).optional() }),
    result: z.object({ items: z.array(Template), syncedAt: Instant.nullable() }),
  },
  /** Reads all templates from the carrier now; `count` is how many there are. */
  'template:sync': {
    input: withCommandId({ accountId: AccountId }),
    result: z.object({ count: z.number().int().nonnegative(), syncedAt: Instant }),
  },
  /** By shortcut. */
  'saved-reply:list': { input: withCommandId({}), result: z.object({ items: z.array(SavedReply) }) },
  'saved-reply:create': { input: withCommandId(newSavedReply), result: savedReplyResult },
  'saved-reply:update': { input: withCommandId(savedReplyChange), result: savedReplyResult },
  'saved-reply:remove': { input: withCommandId(seenSavedReply), result: z.object({ savedReplyId: SavedReplyId }) },
  'report:read': { input: withCommandId(reportRange).refine(isReportRange, NO_REPORT_RANGE), result: Report },
  'session:renew': {
    input: withCommandId({ token: z.string().min(1).max(8192) }),
    result: z.object({ expiresAt: Instant }),
  },
} as const satisfies Record<string, { input: z.ZodType; result: z.ZodType }>;

/** A command's public name, e.g. `message:send`. */
export type CommandName = keyof typeof COMMANDS;
/** What a handler receives: the parsed input. */
export type CommandInput<N extends CommandName> = z.output<(typeof COMMANDS)[N]['input']>;
/** What the ack carries as `data`. */
export type CommandResult<N extends CommandName> = z.output<(typeof COMMANDS)[N]['result']>;

export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
