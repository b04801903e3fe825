/** Sends reactions to the carrier, by the same rules as messages, from a table of their own. */
import { randomUUID } from 'node:crypto';
import type { Address } from '../../../contract/entities.ts';
import { classifyDatabaseError, type Database, type Tx } from '../../../platform/postgres.ts';
import { lockThread, nextPriority, publishMessages } from './publish.ts';
import { reactionContent } from './request.ts';
import type { Attempt, Claim, Recorded, ThreadRef, Verdict } from './types.ts';

interface ReactionRow {
  readonly dueInMs: number | null;
  readonly id: string | null;
  readonly attempt: number;
  readonly sinceMs: number;
  readonly emoji: string;
  readonly targetId: string | null;
  readonly targetFromMe: boolean;
  readonly replyType: Address['type'];
  readonly replyValue: string;
}

/**
 * Like claimMessage; `reaction_sends_sending_key` allows one attempt per thread. Logs nothing, because the state is not
 * shown.
 */
export async function claimReaction(db: Database, thread: ThreadRef): Promise<Claim> {
  const attemptId = randomUUID();
  try {
    const row = await db.run('dispatch.claim_reaction', (sql) => claimHead(sql, thread, attemptId));
    if (row?.id === undefined || row.id === null) return { kind: 'none', dueInMs: row?.dueInMs ?? null };
    const { id, attempt, sinceMs, replyType: type, replyValue: value } = row;
    const attempted: Attempt = {
      ...thread,
      ...reactionContent(row),
      subject: 'reaction',
      id,
      attemptId,
      attempt,
      sinceMs,
      to: { type, value },
      quoteId: null,
    };
    return { kind: 'claimed', attempt: attempted, logged: [] };
  } catch (error) {
    if (classifyDatabaseError(error) === 'conflict') return { kind: 'busy' };
    throw error;
  }
}

/** Locks the claimed row. Index: reaction_sends_queued, reaction_sends_sending_key, messages, threads and tenant_erasures primary keys. */
async function claimHead(
  sql: Parameters<Parameters<Database['run']>[1]>[0],
  thread: ThreadRef,
  attemptId: string,
): Promise<ReactionRow | undefined> {
  const [row] = await sql<ReactionRow[]>`
    with head as materialized (
      select q.id, q.next_attempt_at from reaction_sends q
      where q.tenant_id = ${thread.tenantId} and q.thread_id = ${thread.threadId} and q.send_state = 'queued'
      order by q.id limit 1
    ), claimed as (
      update reaction_sends r set send_state = 'sending', attempts = r.attempts + 1, attempt_id = ${attemptId},
          attempt_started_at = clock_timestamp()
        from head h
        where r.tenant_id = ${thread.tenantId} and r.id = h.id and r.send_state = 'queued'
          and coalesce(r.next_attempt_at, '-infinity') <= clock_timestamp()
          and not exists (select 1 from reaction_sends s
            where s.tenant_id = r.tenant_id and s.thread_id = r.thread_id and s.send_state = 'sending')
          and not exists (select 1 from tenant_erasures e where e.tenant_id = r.tenant_id)
        returning r.*
    )
    select greatest(0, ceil(extract(epoch from h.next_attempt_at - clock_timestamp()) * 1000))::int as "dueInMs",
      c.id, c.attempts as attempt, c.emoji,
      coalesce((c.error->>'sinceMs')::bigint, (extract(epoch from c.attempt_started_at) * 1000)::bigint) as "sinceMs",
      m.provider_message_id as "targetId", coalesce(m.direction = 'outbound', false) as "targetFromMe",
      t.reply_type as "replyType", t.reply_value as "replyValue"
    from head h
    join threads t on t.tenant_id = ${thread.tenantId} and t.id = ${thread.threadId}
    left join claimed c on true
    left join messages m on m.tenant_id = c.tenant_id and m.id = c.message_id`;
  return row;
}

/** The carrier has it, or the outcome is unknown: both end the attempt for good. Index: reaction_sends primary key. */
export async function recordReactionSent(
  db: Database,
  attempt: Attempt,
  state: 'accepted' | 'unknown',
): Promise<Recorded> {
  return await db.transaction('dispatch.reaction_sent', async (tx) => {
    await lockThread(tx, attempt);
    const rows = await tx`
      update reaction_sends set send_state = ${state}, error = null
      where tenant_id = ${attempt.tenantId} and id = ${attempt.id} and attempt_id = ${attempt.attemptId}
        and send_state in ('sending', 'unknown')`;
    return { applied: rows.count > 0, next: await nextPriority(tx, attempt), logged: [] };
  });
}

/** Back to the queue, or failed. A failed reaction is removed again, because the customer never got it. */
export async function recordReactionRefused(db: Database, attempt: Attempt, verdict: Verdict): Promise<Recorded> {
  return await db.transaction('dispatch.reaction_refused', async (tx) => {
    await lockThread(tx, attempt);
    if (verdict.to === 'queued') {
      return { applied: await requeueReaction(tx, attempt, verdict), next: 'agent', logged: [] };
    }
    const failed = await failReaction(tx, attempt, verdict.error);
    const messageIds = failed === null ? [] : await takeOffReaction(tx, attempt, failed);
    const next = await nextPriority(tx, attempt);
    const logged = await publishMessages(
      tx,
      messageIds.map((id) => ({ tenantId: attempt.tenantId, id })),
    );
    return { applied: failed !== null, next, logged };
  });
}

/** Index: reaction_sends primary key. */
async function requeueReaction(
  tx: Tx,
  attempt: Attempt,
  verdict: Extract<Verdict, { to: 'queued' }>,
): Promise<boolean> {
  const rows = await tx`
    update reaction_sends set send_state = 'queued', error = ${tx.json({ ...verdict.error, sinceMs: attempt.sinceMs })},
      attempts = attempts - ${verdict.counts ? 0 : 1},
      next_attempt_at = clock_timestamp() + ${verdict.delayMs} * interval '1 millisecond'
    where tenant_id = ${attempt.tenantId} and id = ${attempt.id}
      and attempt_id = ${attempt.attemptId} and send_state = 'sending'`;
  return rows.count > 0;
}

interface FailedReaction {
  readonly messageId: string;
  readonly memberId: string;
  readonly emoji: string;
}

/** Index: reaction_sends primary key. */
async function failReaction(tx: Tx, attempt: Attempt, error: object): Promise<FailedReaction | null> {
  const [row] = await tx<FailedReaction[]>`
    update reaction_sends set send_state = 'failed', error = ${tx.json({ ...error })}, next_attempt_at = null
    where tenant_id = ${attempt.tenantId} and id = ${attempt.id}
      and attempt_id = ${attempt.attemptId} and send_state = 'sending'
    returning message_id as "messageId", member_id as "memberId", emoji`;
  return row ?? null;
}

/** Only if it is still the one shown. Index: reactions primary key. */
async function takeOffReaction(tx: Tx, attempt: Attempt, failed: FailedReaction): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    update reactions set emoji = null, at = clock_timestamp()
    where tenant_id = ${attempt.tenantId} and message_id = ${failed.messageId} and by_type = 'member'
      and by_id = ${failed.memberId} and emoji = ${failed.emoji}
    returning message_id as id`;
  return rows.map((row) => row.id);
}
