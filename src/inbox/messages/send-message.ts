/** `message:send`: queues a message for the provider; the answer is the message in state `queued`. */
import type { SendInput } from '../../contract/send-input.ts';
import { InboxError } from '../../contract/errors.ts';
import type { MediaId, MessageId, ThreadId } from '../../contract/ids.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import { selectAccount, type CapabilityMap } from '../accounts/accounts.ts';
import type { Command, CommandContext, Outcome } from '../command.ts';
import { resolveContact } from '../contacts/contacts.ts';
import { parseRecipient } from '../contacts/recipient.ts';
import { AsLogged, type Change } from '../event-log.ts';
import { approvedWords } from '../templates/approved-words.ts';
import { authoriseThread, lockThread, type SendThread, type ThreadRow } from '../threads/access.ts';
import { loadChanged, threadUpdated } from '../threads/changes.ts';
import { openThreadWith } from '../threads/open-with-contact.ts';
import { messageChange } from './changes.ts';
import { attachedTo, partsOf } from './new-message.ts';
import { outboundPosition } from './position.ts';
import { queueMessage, type NewMessage } from './queries.ts';
import { assertFile, assertOpen, assertSeen, assertSendable, hasSeenLast, messageOfThread } from './send-checks.ts';
import { sendJob } from './send-job.ts';
import { sendReaction } from './send-reaction.ts';

type Sent = Outcome<'message:send'>;

/** The thread to send in, locked. `opened`: the changes of creating it for this message. */
interface Target {
  readonly thread: ThreadRow;
  readonly opened: readonly Change[] | null;
}

/**
 * Locks the thread (and, for a first message to an address, the address). Refuses with channel_down, unsupported,
 * payload_too_large, window_closed, stale_view. Nothing is sent here: the outbound worker claims the row.
 */
export function sendMessage(capabilities: CapabilityMap): Command<'message:send'> {
  return {
    name: 'message:send',
    access: 'write',
    async run(context, input) {
      const target =
        input.threadId === undefined
          ? await beginThread(context, input)
          : { thread: await lockThread(context, input.threadId, 'write'), opened: null };
      const can = assertSendable(input, target.thread.account, capabilities);
      assertOpen(context, target.thread, { kind: input.kind, windowMs: can.windowMs });
      await assertSeen(context, target.thread, input.seenMessageId);
      const { template } = input;
      const templateText =
        template === undefined ? null : await approvedWords(context, target.thread.accountId, template);
      if (input.reaction !== undefined && input.kind === 'reaction')
        return sendReaction(context, target.thread, input.reaction);
      const attached = attachedTo(input);
      if (attached !== null) await assertFile(context, target.thread, { attached, can });
      return queue(context, target, { input, templateText, mediaId: attached?.mediaId ?? null });
    },
    together: {
      threadOf: knownThread,
      decide(context, input) {
        const thread = authoriseThread(context.ability, context.thread, 'write');
        const can = assertSendable(input, thread.account, capabilities);
        assertOpen(context, thread, { kind: input.kind, windowMs: can.windowMs });
        if (!hasSeenLast(thread, input.seenMessageId)) return null;
        const message = newMessage(context, thread, { input, templateText: null, mediaId: null, replyTo: null });
        return { message, jobs: [sendJob(context.caller.tenantId, thread, message.priority)] };
      },
    },
  };
}

/** The thread of a message without a file or a reference; null for other messages. */
function knownThread(input: SendInput): ThreadId | null {
  const { threadId, kind, template, replyToMessageId } = input;
  const refers = kind === 'reaction' || template !== undefined || replyToMessageId !== undefined;
  return refers || attachedTo(input) !== null ? null : (threadId ?? null);
}

async function beginThread(context: CommandContext, input: SendInput): Promise<Target> {
  const { tx, caller } = context;
  const { accountId, to } = input;
  if (accountId === undefined || to === undefined) throw new Error('The schema lets no such input through.');
  const recipient = parseRecipient(to);
  await assertAccount(context, accountId);
  const contactId = await resolveContact(tx, caller.tenantId, recipient);
  const { threadId, created } = await openThreadWith(context, { accountId, contactId, recipient });
  const thread = await lockThread(context, threadId, 'write');
  if (!created) return { thread, opened: null };
  const before = thread.assigneeId;
  const made: Change = {
    tenantId: caller.tenantId,
    type: 'thread.created',
    id: threadId,
    threadId,
    before,
    created: true,
  };
  return { thread, opened: [made] };
}

async function assertAccount({ tx, caller }: CommandContext, accountId: string): Promise<void> {
  const account = await selectAccount(tx, caller.tenantId, accountId);
  if (account === null) throw new InboxError('not_found', 'There is no such WhatsApp number.');
}

/** A checked input. `mediaId`: its file. `templateText`: its template's text, if known. */
interface Checked {
  readonly input: SendInput;
  readonly templateText: string | null;
  readonly mediaId: MediaId | null;
}

async function queue(context: CommandContext, target: Target, checked: Checked): Promise<Sent> {
  const { tx, caller } = context;
  const { thread } = target;
  const quoted = checked.input.replyToMessageId;
  const replyTo =
    quoted === undefined ? null : await messageOfThread(context, thread, { id: quoted, path: 'replyToMessageId' });
  const message = newMessage(context, thread, { ...checked, replyTo });
  const created = messageChange(caller.tenantId, thread, { type: 'message.created', id: message.id });
  const changes =
    target.opened === null
      ? [created, threadUpdated(caller.tenantId, thread)]
      : [...target.opened, created, ...loadChanged(caller.tenantId, [thread.assigneeId])];
  return {
    data: new AsLogged(created),
    writes: [queueMessage(tx, message)],
    changes,
    jobs: [sendJob(caller.tenantId, thread, message.priority)],
  };
}

function newMessage(
  { caller, clock, commandId }: Pick<CommandContext, 'caller' | 'clock' | 'commandId'>,
  thread: SendThread,
  { input, templateText, mediaId, replyTo }: Checked & Pick<NewMessage, 'replyTo'>,
): NewMessage {
  const id = uuid7() as MessageId;
  const at = clock.now();
  const { kind, text, content } = partsOf(input, templateText);
  return {
    id,
    tenantId: caller.tenantId,
    threadId: thread.id,
    accountId: thread.accountId,
    kind,
    text,
    content,
    mediaId,
    priority: input.priority ?? 'agent',
    replyTo,
    authorId: caller.memberId,
    commandId,
    at,
    position: outboundPosition(at.getTime(), thread.lastPosition, id),
  };
}
