/**
 * Items that arrived for a message before its id was known: applied as soon as it is, and by a repair job if that was
 * missed.
 */
import type { Database, Tx } from '../../../platform/postgres.ts';
import type { LoggedEvent } from '../../event-log.ts';
import { lockThreadsOf, publishMessages, type MessageKey } from './publish.ts';

/**
 * Takes the items that wait for these messages out of `parked` and applies them in the order of ingest_batch; also
 * links quotes. Returns the messages that changed. The caller holds the provider ids' advisory locks and the threads.
 * Index: parked primary key, messages_awaiting_quote.
 */
export async function applyParked(tx: Tx, keys: readonly MessageKey[]): Promise<MessageKey[]> {
  const [tenants, ids] = [keys.map((key) => key.tenantId), keys.map((key) => key.id)];
  return await tx<MessageKey[]>`
    with own as materialized (
      select array(select row(k.tenant_id, k.id)::row_key
        from unnest(${tenants}::uuid[], ${ids}::uuid[]) as k (tenant_id, id)) as keys
    ), taken as materialized (
      select p.kind, p.item from own, take_parked(own.keys) p
    ), joined as materialized (
      select apply_statuses(array(select json_populate_record(null::ingest_status, t.item) from taken t where t.kind = 'status'))
        || apply_reactions(array(select json_populate_record(null::ingest_reaction, t.item) from taken t where t.kind = 'reaction'))
        || apply_votes(array(select json_populate_record(null::ingest_vote, t.item) from taken t where t.kind = 'vote'))
        || apply_files(array(select json_populate_record(null::ingest_file, t.item) from taken t where t.kind = 'file'))
        || apply_edits(array(select json_populate_record(null::ingest_edit, t.item) from taken t where t.kind in ('edit', 'revoke')))
        || link_quotes(own.keys) as keys
      from own
    )
    select distinct k.tenant_id as "tenantId", k.id from joined, unnest(joined.keys) k`;
}

/** How many messages had items waiting that should not have been, and what was logged. */
export interface ParkedRepair {
  readonly messages: number;
  readonly logged: readonly LoggedEvent[];
}

/**
 * Repairs what should be impossible: items that still wait although their message exists. At most `limit` messages.
 * Locks as ingest does: message keys, threads, counters. Scans `parked`, which is small.
 */
export async function repairParked(db: Database, limit: number): Promise<ParkedRepair> {
  return await db.transaction('dispatch.repair_parked', async (tx) => {
    const found = await findOverdue(tx, limit);
    if (found.length === 0) return { messages: 0, logged: [] };
    await lockProviderIds(tx, found);
    await lockThreadsOf(tx, found);
    const changed = await applyParked(tx, found);
    return { messages: found.length, logged: await publishMessages(tx, changed) };
  });
}

interface Overdue extends MessageKey {
  readonly accountId: string;
  readonly targetId: string;
}

/** Statuses only apply to messages of ours. Index: messages_provider_key per parked row. No locks. */
async function findOverdue(tx: Tx, limit: number): Promise<Overdue[]> {
  return await tx<Overdue[]>`
    select distinct m.tenant_id as "tenantId", m.id, p.account_id as "accountId", p.target_id as "targetId"
    from parked p join messages m on m.tenant_id = p.tenant_id and m.account_id = p.account_id
      and m.direction in ('inbound', 'outbound') and m.provider_message_id = p.target_id
    where p.created_at < now() - interval '1 minute' and (p.kind <> 'status' or m.direction = 'outbound')
    limit ${limit}`;
}

/** In key order, as ingest_batch does. */
async function lockProviderIds(tx: Tx, found: readonly Overdue[]): Promise<void> {
  const [accounts, targets] = [found.map((one) => one.accountId), found.map((one) => one.targetId)];
  await tx`
    select pg_advisory_xact_lock(k.key) from (
      select distinct message_lock_key(x.account, x.target) as key
      from unnest(${accounts}::uuid[], ${targets}::text[]) as x (account, target) order by 1) k`;
}
