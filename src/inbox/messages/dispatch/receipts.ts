/**
 * Read receipts of numbers that send "read" with the answer: owed once the carrier has the answer, until it has the
 * receipt.
 */
import type { OutboundJob } from '../../../contract/jobs.ts';
import type { Sql, Tx } from '../../../platform/postgres.ts';
import type { Attempt } from './types.ts';

/** A receipt that is owed; `providerMessageId` is the newest message that was answered. */
export type OwedReceipt = OutboundJob & { readonly task: 'read'; readonly providerMessageId: string };

/** How long, in ms, only the worker that sent the answer sends the receipt. */
const GRACE_MS = 10_000;
/** Delay between attempts: 5 s, doubled each time, at most 5 min. */
const BACKOFF_S = { base: 5, cap: 300 };
/** A receipt older than this is dropped. */
const MAX_AGE_MS = 3_600_000;

/**
 * Records that the customer's newest message before the answer is to be reported as read; what came later has not been
 * answered. Null if there is none. The caller holds the thread. Index: messages primary key, messages_by_thread read
 * backwards until the first inbound one, receipts primary key.
 */
export async function oweReceipt(
  tx: Tx,
  { tenantId, accountId, threadId, id }: Pick<Attempt, 'tenantId' | 'accountId' | 'threadId' | 'id'>,
): Promise<OwedReceipt | null> {
  const [row] = await tx<{ providerMessageId: string }[]>`
    insert into receipts (tenant_id, thread_id, account_id, provider_message_id, next_attempt_at)
      select m.tenant_id, m.thread_id, m.account_id, m.provider_message_id, now() + ${GRACE_MS} * interval '1 ms'
      from messages m
      where m.tenant_id = ${tenantId} and m.thread_id = ${threadId} and m.direction = 'inbound'
        and m.provider_message_id is not null
        and m.position < (select a.position from messages a where a.tenant_id = ${tenantId} and a.id = ${id})
      order by m.position desc limit 1
    on conflict (tenant_id, thread_id) do update set provider_message_id = excluded.provider_message_id, attempts = 0,
      next_attempt_at = excluded.next_attempt_at, created_at = excluded.created_at
    returning provider_message_id as "providerMessageId"`;
  return row === undefined ? null : { tenantId, accountId, threadId, task: 'read', owed: true, ...row };
}

/** The carrier has it, or never will. A newer receipt stays owed. Index: receipts primary key. Lock: its row. */
export async function settleReceipt(
  sql: Sql,
  { tenantId, threadId, providerMessageId }: Pick<OutboundJob, 'tenantId' | 'threadId' | 'providerMessageId'>,
): Promise<void> {
  await sql`
    delete from receipts
    where tenant_id = ${tenantId} and thread_id = ${threadId} and provider_message_id = ${providerMessageId ?? null}`;
}

/**
 * Takes the due ones and sets when they are due again; drops those that are too old. Index: receipts_due. Lock: their
 * rows; rows locked by others are taken next time.
 */
export async function takeDueReceipts(sql: Sql, limit: number): Promise<OwedReceipt[]> {
  const rows = await sql<Omit<OwedReceipt, 'task' | 'owed'>[]>`
    with due as materialized (
      select r.tenant_id, r.thread_id, r.created_at < now() - ${MAX_AGE_MS} * interval '1 ms' as late from receipts r
      where r.next_attempt_at <= now() order by r.next_attempt_at limit ${limit} for update skip locked
    ), dropped as (
      delete from receipts r using due d where d.late and r.tenant_id = d.tenant_id and r.thread_id = d.thread_id
    )
    update receipts r set attempts = r.attempts + 1,
      next_attempt_at = now() + least(${BACKOFF_S.cap}, ${BACKOFF_S.base} * 2 ^ least(r.attempts, 10)) * interval '1 s'
    from due d where not d.late and r.tenant_id = d.tenant_id and r.thread_id = d.thread_id
    returning r.tenant_id as "tenantId", r.account_id as "accountId", r.thread_id as "threadId",
      r.provider_message_id as "providerMessageId"`;
  return rows.map((row) => ({ ...row, task: 'read', owed: true }));
}
