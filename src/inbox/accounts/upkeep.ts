/** Which numbers are due to be checked, reconciled, or have their templates read. Each is taken by one process. */
import type { ProviderName } from '../../contract/entities.ts';
import type { Sql } from '../../platform/postgres.ts';
import type { AccountKey } from './writes.ts';

/**
 * A number that is due. Its next time is already set, so whatever happens it is neither forgotten nor repeated too
 * soon.
 */
export interface DueAccount extends AccountKey {
  readonly provider: ProviderName;
  readonly externalId: string;
  /**
   * Fingerprint of the first of its own secrets, which would prove its webhooks; null: the installation's secret does.
   */
  readonly fingerprint: string | null;
  readonly reconciledMs: number | null;
  /** Where the last reconciliation stopped; null: it was complete. */
  readonly rest: ReconcileRest | null;
}

/** A reconciliation to be continued at `page`: of everything since `sinceMs`, begun at `startedMs`. */
export interface ReconcileRest {
  readonly page: string | null;
  readonly sinceMs: number;
  readonly startedMs: number;
}

/** Kinds of recurring work; each has an index of its own. */
export type Duty = 'check' | 'reconcile' | 'sync';

const COLUMNS = { check: 'next_check_at', reconcile: 'next_reconcile_at', sync: 'next_sync_at' } as const;

/**
 * Takes the numbers that are due, and sets their next time: `everyMs` by carrier, randomised by a tenth. Locks their
 * upkeep; rows locked by others are taken next time. Index: account_upkeep_checks, account_upkeep_reconciles or
 * account_upkeep_syncs.
 */
export async function takeDue(
  sql: Sql,
  duty: Duty,
  everyMs: Readonly<Record<ProviderName, number>>,
  limit: number,
): Promise<DueAccount[]> {
  const column = sql(COLUMNS[duty]);
  return await sql<DueAccount[]>`
    with due as materialized (
      select u.tenant_id, u.account_id from account_upkeep u
      where u.${column} <= now() order by u.${column} limit ${limit} for no key update skip locked
    )
    update account_upkeep u set ${column} =
      now() + (${sql.json(everyMs)}::jsonb->>a.provider)::float8 * (0.9 + 0.2 * random()) * interval '1 ms'
    from due d join whatsapp_accounts a on a.tenant_id = d.tenant_id and a.id = d.account_id
    where u.tenant_id = d.tenant_id and u.account_id = d.account_id
    returning u.tenant_id as "tenantId", u.account_id as "accountId", a.provider, a.external_id as "externalId",
      a.secret_fingerprints[1] as fingerprint, (extract(epoch from u.reconciled_at) * 1000)::float8 as "reconciledMs",
      u.reconcile_rest as rest`;
}

/** Makes it due again in `waitMs`. Index: account_upkeep primary key. Lock: its row. */
export async function dueIn(sql: Sql, { tenantId, accountId }: AccountKey, duty: Duty, waitMs: number): Promise<void> {
  await sql`
    update account_upkeep set ${sql(COLUMNS[duty])} = now() + ${waitMs} * interval '1 ms'
    where tenant_id = ${tenantId} and account_id = ${accountId}`;
}
