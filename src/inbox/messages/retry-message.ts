/** `message:retry`: an agent decides to send a message again that failed, or whose outcome is unknown. */
import { InboxError } from '../../contract/errors.ts';
import type { CapabilityMap } from '../accounts/accounts.ts';
import type { Command, CommandContext } from '../command.ts';
import type { CommandInput } from '../../contract/commands.ts';
import { AsLogged } from '../event-log.ts';
import { lockThread, type ThreadRow } from '../threads/access.ts';
import { threadUpdated } from '../threads/changes.ts';
import { messageChange } from './changes.ts';
import { bumpIfLast, requeueMessage, selectMessage, type MessageRow } from './queries.ts';
import { assertOpen } from './send-checks.ts';
import { sendJob } from './send-job.ts';

const notFound = (): InboxError => new InboxError('not_found', 'There is no such message.');

/**
 * Locks the thread. Throws not_found, conflict for a message in any other state, channel_down, window_closed. The
 * message keeps its id (the reference given to the provider) and its place in the thread.
 */
export function retryMessage(capabilities: CapabilityMap): Command<'message:retry'> {
  return {
    name: 'message:retry',
    access: 'write',
    async run(context, input) {
      const { tx, caller } = context;
      const { thread, message } = await lockMessage(context, input);
      assertRetryable(message);
      assertChannel(context, thread, { message, capabilities });
      await requeueMessage(tx, caller.tenantId, message.id);
      const isLast = await bumpIfLast(tx, caller.tenantId, thread.id, message.id);
      const changed = messageChange(caller.tenantId, thread, { type: 'message.updated', id: message.id });
      return {
        data: new AsLogged(changed),
        changes: [changed, ...(isLast ? [threadUpdated(caller.tenantId, thread)] : [])],
        jobs: [sendJob(caller.tenantId, thread, 'agent')],
        audit: [
          {
            action: 'message.retried',
            subjectType: 'message',
            subjectId: message.id,
            details: { from: message.status },
          },
        ],
      };
    },
  };
}

/** The message with its thread, which is locked. Throws not_found, or forbidden if the caller may only read. */
export async function lockMessage(
  context: CommandContext,
  { messageId }: Pick<CommandInput<'message:retry'>, 'messageId'>,
): Promise<{ readonly thread: ThreadRow; readonly message: MessageRow }> {
  const { tx, caller } = context;
  const found = await selectMessage(tx, caller.tenantId, messageId);
  if (found === null) throw notFound();
  const thread = await lockThread(context, found.threadId, 'write').catch((error: unknown) => {
    throw error instanceof InboxError && error.code === 'not_found' ? notFound() : error;
  });
  // Read again: a worker may have recorded an outcome before the lock was taken.
  const message = await selectMessage(tx, caller.tenantId, messageId);
  if (message === null) throw notFound();
  return { thread, message };
}

function assertRetryable(message: MessageRow): void {
  const stopped = message.direction === 'outbound' && (message.status === 'failed' || message.status === 'unknown');
  if (!stopped) throw new InboxError('conflict', 'Only a message that failed or is uncertain can be sent again.');
  if (message.providerMessageId !== null && message.error?.retryable !== true) {
    throw new InboxError('conflict', 'The provider refused this message for good. Write a new one.');
  }
}

function assertChannel(
  context: CommandContext,
  thread: ThreadRow,
  { message, capabilities }: { readonly message: MessageRow; readonly capabilities: CapabilityMap },
): void {
  const windowMs = capabilities[thread.account.provider]?.windowMs ?? null;
  assertOpen(context, thread, { kind: message.kind, windowMs });
}
