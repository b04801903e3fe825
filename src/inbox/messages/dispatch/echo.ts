/** A copy of our own message that a webhook brought before we knew its id: one row must remain, ours. */
import type { Tx } from '../../../platform/postgres.ts';
import type { Attempt } from './types.ts';

/** The copy; its thread is usually ours, but a carrier may have rewritten the number. */
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
 * Gives the copy's delivery times, reactions and quotes to our row and marks the copy revoked without an id, which is
 * how screens that show it learn that it is gone. The caller holds both threads, logs both messages, then calls
 * forgetEcho. Index: messages primary key, messages_by_thread.
 */
export async function absorbEcho(tx: Tx, attempt: Attempt, echo: Echo): Promise<void> {
  const { tenantId, id } = attempt;
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
  await tx`
    update messages set reply_message_id = ${id}
    where tenant_id = ${tenantId} and thread_id = ${echo.threadId} and reply_message_id = ${echo.id}`;
  await tx`
    update messages set provider_message_id = null, revoked_at = coalesce(revoked_at, clock_timestamp())
    where tenant_id = ${tenantId} and id = ${echo.id}`;
  // Before the events are logged, so that they show the thread as it will be.
  await tx`
    update threads t set (last_message_id, last_position) = (
      select m.id, m.position from messages m
      where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.id <> ${echo.id}
      order by m.position desc limit 1)
    where t.tenant_id = ${tenantId} and t.id = ${echo.threadId} and t.last_message_id = ${echo.id}`;
}

/** Deletes the copy, whose last event has been logged. Its row is locked by absorbEcho. */
export async function forgetEcho(tx: Tx, tenantId: string, echo: Echo): Promise<void> {
  await tx`delete from messages where tenant_id = ${tenantId} and id = ${echo.id}`;
}
