/** Finds what was left behind: attempts that nobody recorded, and queued messages whose nudge was lost. */
import type { Priority } from '../../../contract/send-input.ts';
import type { Database, Sql, Tx } from '../../../platform/postgres.ts';
import type { LoggedEvent } from '../../event-log.ts';
import { lockThreadsOf, publishMessages, type MessageKey } from './publish.ts';
import type { ThreadRef } from './types.ts';

/** How many attempts were given up, and what was logged. */
export interface SweptAttempts {
  readonly messages: number;
  readonly reactions: number;
  readonly logged: readonly LoggedEvent[];
}

/**
 * Marks attempts older than the lease as `unknown`: their worker died, or may still be calling. They are not repeated;
 * a status or an agent settles them. At most `limit` of each kind. Locks the threads in order, then the messages.
 */
export async function giveUpStuckAttempts(db: Database, leaseMs: number, limit: number): Promise<SweptAttempts> {
  const swept = await db.transaction('dispatch.give_up', async (tx) => {
    const stuck = await findStuck(tx, leaseMs, limit);
    if (stuck.length === 0) return { messages: 0, logged: [] };
    await lockThreadsOf(tx, stuck);
    const given = await markUnknown(tx, stuck, leaseMs);
    return { messages: given.length, logged: await publishMessages(tx, given) };
  });
  const reactions = await db.run('dispatch.give_up_reactions', (sql) => markReactionsUnknown(sql, leaseMs, limit));
  return { ...swept, reactions };
}

/** Oldest first. Index: messages_stuck. No locks. */
async function findStuck(tx: Tx, leaseMs: number, limit: number): Promise<MessageKey[]> {
  return await tx<MessageKey[]>`
    select tenant_id as "tenantId", id from messages
    where send_state = 'sending' and attempt_started_at < clock_timestamp() - ${leaseMs} * interval '1 millisecond'
    order by attempt_started_at limit ${limit}`;
}

/** Checks again, now that the threads are locked: an outcome may have been recorded. Index: messages primary key. */
async function markUnknown(tx: Tx, stuck: readonly MessageKey[], leaseMs: number): Promise<MessageKey[]> {
  const [tenants, ids] = [stuck.map((key) => key.tenantId), stuck.map((key) => key.id)];
  return await tx<MessageKey[]>`
    update messages m set send_state = 'unknown', error = null
    from unnest(${tenants}::uuid[], ${ids}::uuid[]) as k (tenant_id, id)
    where m.tenant_id = k.tenant_id and m.id = k.id and m.send_state = 'sending'
      and m.attempt_started_at < clock_timestamp() - ${leaseMs} * interval '1 millisecond'
    returning m.tenant_id as "tenantId", m.id`;
}

/** Their state is not shown, so nothing is logged. Index: reaction_sends_stuck. */
async function markReactionsUnknown(sql: Sql, leaseMs: number, limit: number): Promise<number> {
  const { count } = await sql`
    update reaction_sends set send_state = 'unknown'
    where (tenant_id, id) in (
      select tenant_id, id from reaction_sends
      where send_state = 'sending' and attempt_started_at < clock_timestamp() - ${leaseMs} * interval '1 millisecond'
      order by attempt_started_at limit ${limit} for update skip locked)`;
  return count;
}

/** A thread whose head is due; `at` and `id` are where a later search continues. */
export interface DueThread extends ThreadRef {
  /** Of everything queued in the thread: `agent` if a person waits for any of it. */
  readonly priority: Priority;
  readonly at: string;
  readonly id: string;
}

/** How far a search for due threads has got. `at` is Postgres' text, because a Date would lose microseconds. */
export interface DueCursor {
  readonly at: string;
  readonly id: string;
}

/**
 * Threads whose head has been due for more than `graceMs` and that have nothing on its way, from `after` on, at most
 * `limit`. Only heads, because messages behind one in back-off would be found for ever. Index: messages_due, then
 * messages_queued and messages_sending_key per row. No locks.
 */
export async function findDueThreads(
  sql: Sql,
  options: { readonly after: DueCursor; readonly graceMs: number; readonly limit: number },
): Promise<DueThread[]> {
  const { after, graceMs, limit } = options;
  return await sql<DueThread[]>`
    select m.tenant_id as "tenantId", m.account_id as "accountId", m.thread_id as "threadId", m.next_attempt_at::text as at, m.id,
      (select min(q.priority) from messages q where q.tenant_id = m.tenant_id and q.thread_id = m.thread_id
        and q.send_state = 'queued') as priority
    from messages m
    where m.send_state = 'queued' and (m.next_attempt_at, m.id) > (${after.at}::text::timestamptz, ${after.id}::uuid)
      and m.next_attempt_at <= clock_timestamp() - ${graceMs} * interval '1 millisecond'
      and not exists (select 1 from messages h where h.tenant_id = m.tenant_id and h.thread_id = m.thread_id
        and h.send_state = 'queued' and h.position < m.position)
      and not exists (select 1 from messages s where s.tenant_id = m.tenant_id and s.thread_id = m.thread_id
        and s.send_state = 'sending')
    order by m.next_attempt_at, m.id limit ${limit}`;
}

/** The same for reactions, without a cursor: they are few. Index: reaction_sends_due, reaction_sends_queued. No locks. */
export async function findDueReactions(sql: Sql, graceMs: number, limit: number): Promise<ThreadRef[]> {
  return await sql<ThreadRef[]>`
    select distinct r.tenant_id as "tenantId", r.account_id as "accountId", r.thread_id as "threadId"
    from reaction_sends r
    where r.send_state = 'queued'
      and coalesce(r.next_attempt_at, r.created_at) <= clock_timestamp() - ${graceMs} * interval '1 millisecond'
      and not exists (select 1 from reaction_sends h where h.tenant_id = r.tenant_id and h.thread_id = r.thread_id
        and h.send_state = 'queued' and h.id < r.id)
    limit ${limit}`;
}
