/** Every command of the product: its input and its result. Socket, REST, OpenAPI, AsyncAPI and the client's types come from here. */
import { z } from 'zod';
import {
  Account,
  ContactCard,
  Instant,
  Location,
  Member,
  Message,
  Note,
  PresenceState,
  TemplateRef,
  Thread,
  ThreadStatus,
} from './entities.ts';
import { Cursor } from './events.ts';
import { AccountId, CommandId, MediaId, MemberId, MessageId, ThreadId } from './ids.ts';

/** Longest text WhatsApp carries in one message (Cloud API text reference, 2026-09). */
export const MAX_TEXT_CHARS = 4096;
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
  status: ThreadStatus.optional(),
  assignee: z.union([z.literal('me'), z.literal('none'), MemberId]).optional(),
  tag: tag.optional(),
  accountId: AccountId.optional(),
  q: z.string().trim().max(200).optional(),
});
/** What narrows a list of threads; absent fields do not narrow. */
export type ThreadFilter = z.infer<typeof ThreadFilter>;

export const Counts = z.object({
  mine: z.number().int().nonnegative(),
  unassigned: z.number().int().nonnegative(),
  all: z.number().int().nonnegative(),
  unread: z.number().int().nonnegative(),
});
/** Threads not resolved that the member may see; `unread` counts threads with unread messages. */
export type Counts = z.infer<typeof Counts>;

export const SENDABLE_KINDS = [
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
  'reaction',
] as const;

export const Emoji = z.string().max(32);

export const SendInput = z
  .strictObject({
    commandId: CommandId.optional(),
    threadId: ThreadId.optional(),
    accountId: AccountId.optional(),
    to: z.string().trim().min(3).max(140).optional(),
    kind: z.enum(SENDABLE_KINDS),
    text: z.string().max(MAX_TEXT_CHARS).optional(),
    mediaId: MediaId.optional(),
    template: TemplateRef.optional(),
    location: Location.optional(),
    contacts: z.array(ContactCard).min(1).max(10).optional(),
    interactive: z.record(z.string(), z.unknown()).optional(),
    reaction: z.strictObject({ messageId: MessageId, emoji: Emoji }).optional(),
    replyToMessageId: MessageId.optional(),
    seenMessageId: MessageId.optional(),
  })
  .superRefine((input, context) => {
    const need = (path: string, present: boolean, message: string): void => {
      if (!present) context.addIssue({ code: 'custom', path: [path], message });
    };
    const byThread = input.threadId !== undefined;
    const byAddress = input.accountId !== undefined && input.to !== undefined;
    need('threadId', byThread !== byAddress, 'give either threadId, or accountId together with to');
    if (input.kind === 'text') need('text', (input.text ?? '').trim() !== '', 'must not be empty for kind text');
    if (input.kind === 'template') need('template', input.template !== undefined, 'is required for kind template');
    if (input.kind === 'reaction') need('reaction', input.reaction !== undefined, 'is required for kind reaction');
    if (input.kind === 'location') need('location', input.location !== undefined, 'is required for kind location');
    if (input.kind === 'contacts') need('contacts', input.contacts !== undefined, 'is required for kind contacts');
  });
export type SendInput = z.infer<typeof SendInput>;

const threadResult = z.object({ thread: Thread });
const messageResult = z.object({ message: Message });
const done = z.object({});

/** Name to input and result; the one list of what a client may ask for. */
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
      nextCursor: z.string().nullable().optional(),
    }),
  },
  'thread:list': {
    input: withCommandId({ ...ThreadFilter.shape, after: z.string().max(200).optional(), limit: limit.optional() }),
    result: z.object({ items: z.array(Thread), nextCursor: z.string().nullable() }),
  },
  'thread:messages': {
    input: withCommandId({ threadId: ThreadId, before: z.string().max(200).optional(), limit: limit.optional() }),
    result: z.object({
      items: z.array(Message),
      notes: z.array(Note).optional(),
      nextCursor: z.string().nullable(),
      cursor: Cursor,
    }),
  },
  'thread:open': { input: withCommandId({ threadId: ThreadId }), result: done },
  'thread:close': { input: withCommandId({ threadId: ThreadId }), result: done },
  'thread:read': {
    input: withCommandId({ threadId: ThreadId, upToMessageId: MessageId, receipt: z.boolean().optional() }),
    result: threadResult,
  },
  'thread:assign': {
    input: withCommandId({
      threadId: ThreadId,
      assigneeId: MemberId.nullable(),
      expectedVersion: z.number().int().positive().optional(),
    }),
    result: threadResult,
  },
  'thread:set-status': {
    input: withCommandId({ threadId: ThreadId, status: ThreadStatus, snoozeUntil: Instant.optional() }),
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
  'message:retry': { input: withCommandId({ messageId: MessageId }), result: messageResult },
  'note:add': {
    input: withCommandId({
      threadId: ThreadId,
      text: z.string().trim().min(1, 'must not be empty').max(MAX_TEXT_CHARS),
      mentions: z.array(MemberId).max(20).optional(),
    }),
    result: z.object({ note: Note }),
  },
  'typing:set': { input: withCommandId({ threadId: ThreadId, typing: z.boolean() }), result: done },
  'presence:set': { input: withCommandId({ state: PresenceState }), result: done },
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
