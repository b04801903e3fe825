/** Versions, states and log entries for messages that dispatch has changed, using the same functions as ingest. */
import type { Priority } from '../../../contract/send-input.ts';
import type { Tx } from '../../../platform/postgres.ts';
import type { LoggedEvent } from '../../event-log.ts';
import type { ThreadRef } from './types.ts';

/** A message by its tenant and id. */
export interface MessageKey {
  readonly tenantId: string;
  readonly id: string;
}

const NOBODY = { id: null, threadId: null };

/** What else is logged together with the messages. */
export interface Besides {
  readonly removed?: { readonly id: string | null; readonly threadId: string | null };
  readonly raised?: readonly MessageKey[];
}

/**
 * Raises the version of the messages, derives their status, and logs `message.updated` for each and `thread.updated`
 * for each that is its thread's last message. `removed`: a deleted message of the first one's tenant, whose thread has
 * a new version already; both are logged too. `raised`: threads that have a new version already. Last write of the
 * transaction: locks the tenants' counter rows until commit. The caller holds the threads' rows.
 */
export async function publishMessages(
  tx: Tx,
  keys: readonly MessageKey[],
  { removed = NOBODY, raised = [] }: Besides = {},
): Promise<LoggedEvent[]> {
  if (keys.length === 0) return [];
  const [tenants, ids] = [keys.map((key) => key.tenantId), keys.map((key) => key.id)];
  const [raisedTenants, raisedIds] = [raised.map((key) => key.tenantId), raised.map((key) => key.id)];
  return await tx<LoggedEvent[]>`
    select l.tenant_id as "tenantId", l.epoch, l.seq, l.type, l.received_at_ms as "receivedAtMs", l.event::text as event
    from log_changes(publish_changes('{}', '{}', array(
      select distinct row(k.tenant_id, k.id)::row_key from unnest(${tenants}::uuid[], ${ids}::uuid[]) as k (tenant_id, id)
    ), '{}', '{}', null, array(
      select row(k.tenant_id, k.id)::row_key from unnest(${raisedTenants}::uuid[], ${raisedIds}::uuid[]) as k (tenant_id, id)
    )) || array(
      select row(c.ord, t.tenant_id, c.type, c.id, t.id, t.assignee_id, false, null)::change
      from threads t, (values (0, 'message.removed', ${removed.id}::uuid),
        (${AFTER_ALL}::int, 'thread.updated', ${removed.threadId}::uuid)) c (ord, type, id)
      where t.tenant_id = ${tenants[0] ?? null}::uuid and t.id = ${removed.threadId}::uuid)) l
    order by l.tenant_id, l.seq`;
}

/** Sorts after every change of the messages: no transaction has that many. */
const AFTER_ALL = 1_000_000;

/** Locks the threads of these messages in the common lock order. Index: messages and threads primary keys. */
export async function lockThreadsOf(tx: Tx, keys: readonly MessageKey[]): Promise<void> {
  const [tenants, ids] = [keys.map((key) => key.tenantId), keys.map((key) => key.id)];
  await tx`
    select 1 from threads t
    where (t.tenant_id, t.id) in (
      select m.tenant_id, m.thread_id from unnest(${tenants}::uuid[], ${ids}::uuid[]) as k (tenant_id, id)
      join messages m on m.tenant_id = k.tenant_id and m.id = k.id)
    order by t.tenant_id, t.id for no key update of t`;
}

/** Locks the thread's row until commit, before any of its messages. Index: threads primary key. */
export async function lockThread(tx: Tx, thread: ThreadRef): Promise<void> {
  await tx`
    select 1 from threads where tenant_id = ${thread.tenantId} and id = ${thread.threadId} for no key update`;
}

/**
 * Who waits for what the thread has queued: `agent` if a person waits for any of it, because that message is behind the
 * others. Null: nothing is queued. Queried while the row is locked: anything queued later brings its own nudge, which
 * then finds nothing on its way. Index: messages_queued, reaction_sends_queued.
 */
export async function nextPriority(tx: Tx, thread: ThreadRef): Promise<Priority | null> {
  const [row] = await tx<{ priority: Priority | null }[]>`
    select min(q.priority) as priority from (
      select m.priority from messages m where m.tenant_id = ${thread.tenantId} and m.thread_id = ${thread.threadId}
        and m.send_state = 'queued'
      union all
      select 'agent' from reaction_sends r where r.tenant_id = ${thread.tenantId} and r.thread_id = ${thread.threadId}
        and r.send_state = 'queued') q`;
  return row?.priority ?? null;
}
