/** Records when webhooks of a number last came, so that numbers that are silent for too long are reconciled. */
import type { Sql } from '../../platform/postgres.ts';
import type { AccountKey } from './writes.ts';

/** Webhooks of these numbers came just now. Index: account_upkeep primary key. Lock: their rows, in key order. */
export async function noteHeard(sql: Sql, accounts: readonly AccountKey[]): Promise<void> {
  const tenants = accounts.map(({ tenantId }) => tenantId);
  const ids = accounts.map(({ accountId }) => accountId);
  await sql`
    update account_upkeep u set heard_at = now()
    from (
      select l.tenant_id, l.account_id from account_upkeep l
      join unnest(${tenants}::uuid[], ${ids}::uuid[]) as w (tenant_id, account_id)
        on l.tenant_id = w.tenant_id and l.account_id = w.account_id
      order by l.tenant_id, l.account_id for no key update of l) locked
    where u.tenant_id = locked.tenant_id and u.account_id = locked.account_id`;
}
