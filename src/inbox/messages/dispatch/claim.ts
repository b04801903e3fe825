/** Claims the next message of a thread: one statement, committed before anything is handed to a carrier. */
import { randomUUID } from 'node:crypto';
import type { Address } from '../../../contract/entities.ts';
import { classifyDatabaseError, type Database, type Tx } from '../../../platform/postgres.ts';
import { publishMessages } from './publish.ts';
import { messageContent } from './request.ts';
import type { Attempt, Claim, StoredFile, ThreadRef } from './types.ts';

interface ClaimRow {
  readonly dueInMs: number | null;
  readonly id: string | null;
  readonly attempt: number;
  readonly sinceMs: number;
  readonly kind: string;
  readonly text: string | null;
  readonly content: unknown;
  readonly file: StoredFile | null;
  readonly quoteId: string | null;
  readonly replyType: Address['type'];
  readonly replyValue: string;
}

/**
 * Claims the head of the thread's queue if it is due and nothing of the thread is on its way, logs the change, commits.
 * However many workers try at once, at most one gets a claim: `messages_sending_key` refuses the others, who get
 * `busy`. Rejects for infrastructure errors only; the claim may then exist, and its lease ends it.
 */
export async function claimMessage(db: Database, thread: ThreadRef): Promise<Claim> {
  const attemptId = randomUUID();
  try {
    return await db.transaction('dispatch.claim', async (tx) => {
      const row = await claimHead(tx, thread, attemptId);
      if (row?.id === undefined || row.id === null) return { kind: 'none', dueInMs: row?.dueInMs ?? null };
      const logged = await publishMessages(tx, [{ tenantId: thread.tenantId, id: row.id }]);
      return { kind: 'claimed', attempt: toAttempt(thread, attemptId, row), logged };
    });
  } catch (error) {
    if (classifyDatabaseError(error) === 'conflict') return { kind: 'busy' };
    throw error;
  }
}

function toAttempt(thread: ThreadRef, attemptId: string, row: ClaimRow): Attempt {
  const { content, unsendable } = messageContent(row);
  return {
    ...thread,
    subject: 'message',
    id: row.id ?? '',
    attemptId,
    attempt: row.attempt,
    sinceMs: row.sinceMs,
    to: { type: row.replyType, value: row.replyValue },
    content,
    unsendable,
    quoteId: row.quoteId,
  };
}

/**
 * Locks the thread's row (so that nobody changes its summary meanwhile), then the claimed message. The check for
 * something on its way uses the statement's snapshot, which is older than the lock; what it cannot see yet is refused
 * by messages_sending_key. Claims nothing of an erased business. A message without an earlier attempt id is new, or was
 * queued again by an agent: its attempts count from the start. Index: threads primary key, messages_queued,
 * messages_sending_key, primary keys of messages, media and tenant_erasures.
 */
async function claimHead(tx: Tx, thread: ThreadRef, attemptId: string): Promise<ClaimRow | undefined> {
  const [row] = await tx<ClaimRow[]>`
    with locked as materialized (
      select t.tenant_id, t.id, t.reply_type, t.reply_value from threads t
      where t.tenant_id = ${thread.tenantId} and t.id = ${thread.threadId}
      for no key update
    ), head as materialized (
      select q.id, q.next_attempt_at from locked l
      join lateral (
        select m.id, m.next_attempt_at from messages m
        where m.tenant_id = l.tenant_id and m.thread_id = l.id and m.send_state = 'queued'
        order by m.position limit 1) q on true
    ), claimed as (
      update messages m set send_state = 'sending',
          attempts = case when m.attempt_id is null then 1 else m.attempts + 1 end, attempt_id = ${attemptId},
          attempt_started_at = clock_timestamp(), at_failed = null
        from head h, locked l
        where m.tenant_id = l.tenant_id and m.id = h.id and m.send_state = 'queued'
          and coalesce(m.next_attempt_at, '-infinity') <= clock_timestamp()
          and not exists (select 1 from messages s
            where s.tenant_id = l.tenant_id and s.thread_id = l.id and s.send_state = 'sending')
          and not exists (select 1 from tenant_erasures e where e.tenant_id = l.tenant_id)
        returning m.*
    )
    select case when h.id is not null
        then greatest(0, ceil(extract(epoch from h.next_attempt_at - clock_timestamp()) * 1000))::int end as "dueInMs",
      c.id, c.attempts as attempt, c.kind, c.text, c.content,
      (select json_build_object('mediaId', f.id, 'storageKey', f.storage_key, 'mime', f.mime, 'filename', f.filename,
          'voice', f.voice) from media f
        where f.tenant_id = c.tenant_id and f.id = c.media_id and f.state = 'ready' and f.storage_key is not null) as file,
      coalesce((c.error->>'sinceMs')::bigint, (extract(epoch from c.attempt_started_at) * 1000)::bigint) as "sinceMs",
      coalesce(c.reply_provider_id, (select r.provider_message_id from messages r
        where r.tenant_id = c.tenant_id and r.id = c.reply_message_id)) as "quoteId",
      l.reply_type as "replyType", l.reply_value as "replyValue"
    from locked l left join head h on true left join claimed c on true`;
  return row;
}

/**
 * Restarts the lease of an attempt. False: another attempt has taken over, and nothing may be handed to the carrier any
 * more. Locks the row. Index: messages primary key.
 */
export async function renewLease(
  db: Database,
  attempt: Pick<Attempt, 'tenantId' | 'id' | 'attemptId'>,
): Promise<boolean> {
  const rows = await db.run(
    'dispatch.renew',
    (sql) => sql`
      update messages set attempt_started_at = clock_timestamp()
      where tenant_id = ${attempt.tenantId} and id = ${attempt.id}
        and attempt_id = ${attempt.attemptId} and send_state = 'sending'`,
  );
  return rows.count > 0;
}
