/** Sends a reaction: not a message in the timeline, but delivered to the customer all the same. */
import type { SendInput } from '../../contract/send-input.ts';
import { InboxError } from '../../contract/errors.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type { CommandContext, Outcome } from '../command.ts';
import { AsLogged } from '../event-log.ts';
import { invalidField } from '../input.ts';
import type { ThreadRow } from '../threads/access.ts';
import { messageChange } from './changes.ts';
import { insertReactionSend, upsertReaction, type NewReaction } from './reaction-queries.ts';
import { messageOfThread } from './send-checks.ts';
import { sendJob } from './send-job.ts';

/** One emoji, or nothing to remove the reaction. */
export function isEmoji(text: string): boolean {
  if (text === '') return true;
  return /^[\p{Emoji}\p{Emoji_Component}]+$/u.test(text) && /[\p{Extended_Pictographic}\p{RI}\u20e3]/u.test(text);
}

/** The result is the message reacted to. Throws invalid_input, or unsupported while the provider has no such message. */
export async function sendReaction(
  context: CommandContext,
  thread: ThreadRow,
  { messageId, emoji }: NonNullable<SendInput['reaction']>,
): Promise<Outcome<'message:send'>> {
  const { tx, caller, clock, commandId } = context;
  if (!isEmoji(emoji)) throw invalidField('reaction.emoji', 'must be one emoji, or empty to take the reaction off');
  const message = await messageOfThread(context, thread, { id: messageId, path: 'reaction.messageId' });
  if (message.providerMessageId === null || message.revokedAt !== null) {
    throw new InboxError('unsupported', 'This message cannot be reacted to: the customer does not have it.');
  }
  const { tenantId, memberId } = caller;
  const { id: threadId, accountId } = thread;
  const at = clock.now();
  const reaction: NewReaction = {
    id: uuid7(at.getTime()),
    tenantId,
    threadId,
    accountId,
    messageId,
    memberId,
    emoji,
    commandId,
    at,
  };
  await upsertReaction(tx, reaction);
  await insertReactionSend(tx, reaction);
  const updated = messageChange(tenantId, thread, { type: 'message.updated', id: messageId });
  return {
    data: new AsLogged(updated),
    changes: [updated],
    jobs: [sendJob(tenantId, thread, 'agent')],
  };
}
