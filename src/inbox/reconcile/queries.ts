/** Statements of the reconciliation. */
import { asJson, type Sql } from '../../platform/postgres.ts';
import type { Missed } from '../../providers/managing.ts';
import type { ReconcileRest } from '../accounts/upkeep.ts';
import type { AccountKey } from '../accounts/writes.ts';

/** The items that would change something. Index: messages_provider_key. Lock: none. */
export async function selectNews(
  sql: Sql,
  { tenantId, accountId }: AccountKey,
  items: readonly Missed[],
): Promise<Missed[]> {
  const asked = items.map(({ direction, providerMessageId, status }, n) => ({
    n,
    direction,
    id: providerMessageId,
    status,
  }));
  const rows = await sql<{ n: number }[]>`
    select j.n from json_to_recordset(${asJson(sql, asked)}) as j (n int, direction text, id text, status text)
    left join messages m on m.tenant_id = ${tenantId} and m.account_id = ${accountId} and m.direction = j.direction
      and m.provider_message_id = j.id
    where m.id is null or case j.status when 'sent' then m.at_sent is null when 'delivered' then m.at_delivered is null
      when 'read' then m.at_read is null when 'played' then m.at_played is null when 'failed' then m.at_failed is null
      else false end
    order by j.n`;
  return rows.flatMap(({ n }) => items[n] ?? []);
}

/** Records that everything up to `atMs` has been fetched. Index: account_upkeep primary key. Lock: its row. */
export async function noteReconciled(sql: Sql, { tenantId, accountId }: AccountKey, atMs: number): Promise<void> {
  await sql`
    update account_upkeep set reconciled_at = ${new Date(atMs)}, reconcile_rest = null
    where tenant_id = ${tenantId} and account_id = ${accountId}`;
}

/** Where to continue; null: from the beginning. Index: account_upkeep primary key. Lock: its row. */
export async function noteRest(
  sql: Sql,
  { tenantId, accountId }: AccountKey,
  rest: ReconcileRest | null,
): Promise<void> {
  await sql`
    update account_upkeep set reconcile_rest = ${rest === null ? null : sql.json({ ...rest })}
    where tenant_id = ${tenantId} and account_id = ${accountId}`;
}
