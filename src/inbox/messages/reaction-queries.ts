/** Statements on reactions that members put on messages. The thread's row lock is held. */
import type { CommandId, MemberId, MessageId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';

/** `emoji` empty: removes the reaction. */
export interface NewReaction {
  readonly id: string;
  readonly tenantId: string;
  readonly threadId: ThreadId;
  readonly accountId: string;
  readonly messageId: MessageId;
  readonly memberId: MemberId;
  readonly emoji: string;
  readonly commandId: CommandId | null;
  readonly at: Date;
}

/**
 * What colleagues see from now on. On the customer's phone the number has one reaction per message, so a member's
 * reaction replaces a colleague's. Index: reactions primary key.
 */
export async function upsertReaction(tx: Tx, reaction: NewReaction): Promise<void> {
  const { tenantId, messageId, memberId, emoji, at } = reaction;
  await tx`
    update reactions r set emoji = null, at = ${at}
    where r.tenant_id = ${tenantId} and r.message_id = ${messageId} and r.by_type = 'member'
      and r.by_id <> ${memberId} and r.emoji is not null`;
  await tx`
    insert into reactions (tenant_id, message_id, by_type, by_id, emoji, at)
    values (${tenantId}, ${messageId}, 'member', ${memberId}, ${emoji === '' ? null : emoji}, ${at})
    on conflict (tenant_id, message_id, by_type, by_id) do update set emoji = excluded.emoji, at = excluded.at`;
  await tx`
    update messages m set version = m.version + 1 where m.tenant_id = ${tenantId} and m.id = ${messageId}`;
}

/** The row from which the outbound worker sends. */
export async function insertReactionSend(tx: Tx, reaction: NewReaction): Promise<void> {
  await tx`
    insert into reaction_sends (tenant_id, id, thread_id, account_id, message_id, member_id, emoji, command_id,
      created_at, next_attempt_at)
    values (${reaction.tenantId}, ${reaction.id}, ${reaction.threadId}, ${reaction.accountId}, ${reaction.messageId},
      ${reaction.memberId}, ${reaction.emoji}, ${reaction.commandId}, ${reaction.at}, clock_timestamp())`;
}
