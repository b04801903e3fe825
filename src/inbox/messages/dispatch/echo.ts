/** Handles a copy of our own message that a webhook brought before we knew its id: only our row must remain. */
import type { Tx } from '../../../platform/postgres.ts';
import type { MessageKey } from './publish.ts';
import type { Attempt } from './types.ts';

/** The copy. Its thread is usually ours, but a carrier may have rewritten the number. */
export interface Echo {
  readonly id: string;
  readonly threadId: string;
}

/** Another outbound row of the account with this id. Index: messages_provider_key. No locks. */
export async function findEcho(tx: Tx, attempt: Attempt, providerMessageId: string): Promise<Echo | null> {
  const [row] = await tx<Echo[]>`
    select id, thread_id as "threadId" from messages
    where tenant_id = ${attempt.tenantId} and account_id = ${attempt.accountId} and direction = 'outbound'
      and provider_message_id = ${providerMessageId} and id <> ${attempt.id}`;
  return row ?? null;
}

/**
 * Moves the copy's delivery times, reactions and quotes to our row and deletes the copy. Returns the messages that
 * quoted it. The caller holds both threads and logs that the copy is gone and its thread changed. Index: messages
 * primary key, messages_by_thread.
 */
export async function absorbEcho(tx: Tx, { tenantId, id }: MessageKey, echo: Echo): Promise<MessageKey[]> {
  await tx`
    update messages m set at_sent = least(m.at_sent, e.at_sent), at_delivered = least(m.at_delivered, e.at_delivered),
      at_read = least(m.at_read, e.at_read), at_played = least(m.at_played, e.at_played)
    from messages e
    where m.tenant_id = ${tenantId} and m.id = ${id} and e.tenant_id = ${tenantId} and e.id = ${echo.id}`;
  await tx`
    insert into reactions (tenant_id, message_id, by_type, by_id, emoji, at)
      select tenant_id, ${id}, by_type, by_id, emoji, at from reactions
      where tenant_id = ${tenantId} and message_id = ${echo.id}
    on conflict do nothing`;
  const quoting = await tx<MessageKey[]>`
    update messages set reply_message_id = ${id}
    where tenant_id = ${tenantId} and thread_id = ${echo.threadId} and reply_message_id = ${echo.id}
    returning tenant_id as "tenantId", id`;
  await tx`delete from messages where tenant_id = ${tenantId} and id = ${echo.id}`;
  await tx`
    update threads t set version = t.version + 1, (last_message_id, last_position) = (
      select m.id, m.position from messages m
      where m.tenant_id = t.tenant_id and m.thread_id = t.id order by m.position desc limit 1)
    where t.tenant_id = ${tenantId} and t.id = ${echo.threadId}`;
  return quoting;
}
