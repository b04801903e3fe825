/** Statements that read and write the state of numbers. */
import type { AccountHealth } from '../../contract/accounts.ts';
import type { AccountId } from '../../contract/ids.ts';
import { asJson, type Tx } from '../../platform/postgres.ts';
import { logChanges, type LoggedEvent } from '../event-log.ts';
import type { Verdict } from './verdict.ts';
import { accountChanged, type AccountKey } from './writes.ts';

/** A number's current state, locked. */
export interface Known extends Verdict {
  readonly held: boolean;
  /** For how long it has been connecting, ms; null when it is not. */
  readonly connectingMs: number | null;
}

/** The state before and after, perhaps the same. */
export interface StateChange extends AccountKey {
  readonly before: Verdict;
  readonly next: Verdict;
  readonly connectingMs: number | null;
  readonly held: 'set' | 'clear' | 'keep';
}

/** How long a check cannot lift a problem that it cannot see, reported by a webhook or a refused send. */
const HOLD_MS = 3_600_000;

/**
 * Locks the accounts until commit, in key order. Leaves out disabled ones, and those whose credential was replaced
 * after the report. Index: primary keys of whatsapp_accounts and account_upkeep.
 */
export async function lockNumbers(
  tx: Tx,
  wanted: readonly (AccountKey & { readonly usedAt: string | null })[],
): Promise<ReadonlyMap<AccountId, Known>> {
  if (wanted.length === 0) return new Map();
  const [tenants, ids] = [wanted.map(({ tenantId }) => tenantId), wanted.map(({ accountId }) => accountId)];
  const used = wanted.map(({ usedAt }) => usedAt);
  const rows = await tx<(Known & { readonly accountId: AccountId })[]>`
    select a.id as "accountId", a.state, a.state_reason as reason, coalesce(u.held_until > now(), false) as held,
      (extract(epoch from now() - u.connecting_since) * 1000)::float8 as "connectingMs"
    from unnest(${tenants}::uuid[], ${ids}::uuid[], ${used}::text[]) as w (tenant_id, account_id, used_at)
    join whatsapp_accounts a on a.tenant_id = w.tenant_id and a.id = w.account_id
    left join account_upkeep u on u.tenant_id = a.tenant_id and u.account_id = a.id
    where a.disabled_at is null and (w.used_at is null or a.credential_at <= w.used_at::timestamptz)
    order by a.tenant_id, a.id for no key update of a`;
  return new Map(rows.map((row) => [row.accountId, row]));
}

/** One row per number, in key order. A number that comes back is reconciled. Index: account_upkeep primary key. */
export async function noteUpkeep(tx: Tx, changes: readonly StateChange[]): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map(({ tenantId, accountId, connectingMs, held, before, next }) => ({
    tenantId,
    accountId,
    held,
    connecting: connectingMs !== null,
    back: before.state !== 'connected' && next.state === 'connected',
  }));
  await tx`
    with said as materialized (
      select * from json_to_recordset(${asJson(tx, rows)})
        as j ("tenantId" uuid, "accountId" uuid, held text, connecting boolean, back boolean)
    )
    insert into account_upkeep as u (tenant_id, account_id, connecting_since, held_until)
    select "tenantId", "accountId", case when connecting then now() end,
      case held when 'set' then now() + ${HOLD_MS} * interval '1 ms' end
    from said order by "tenantId", "accountId"
    on conflict (tenant_id, account_id) do update set
      connecting_since = case when excluded.connecting_since is not null then coalesce(u.connecting_since, now()) end,
      held_until = case when (select s.held from said s where s."accountId" = excluded.account_id) = 'keep' then u.held_until
        else excluded.held_until end,
      next_reconcile_at = case when (select s.back from said s where s."accountId" = excluded.account_id) then now()
        else u.next_reconcile_at end`;
}

/** Stores what a check reported besides the state; null: nothing new. Index: account_upkeep primary key. */
export async function noteHealth(
  tx: Tx,
  { tenantId, accountId }: AccountKey,
  health: AccountHealth | null,
): Promise<void> {
  await tx`
    update account_upkeep set checked_at = now() ${health === null ? tx`` : tx`, health = ${asJson(tx, health)}`}
    where tenant_id = ${tenantId} and account_id = ${accountId}`;
}

/** Writes states that differ, and logs them. The caller holds the accounts. Index: whatsapp_accounts primary key. */
export async function logStates(tx: Tx, changes: readonly StateChange[]): Promise<LoggedEvent[]> {
  const changed = changes.filter(({ before, next }) => before.state !== next.state || before.reason !== next.reason);
  if (changed.length === 0) return [];
  const rows = changed.map(({ tenantId, accountId, next }) => ({ tenantId, accountId, ...next }));
  await tx`
    update whatsapp_accounts a set state = j.state, state_reason = j.reason, version = a.version + 1
    from json_to_recordset(${asJson(tx, rows)}) as j ("tenantId" uuid, "accountId" uuid, state text, reason text)
    where a.tenant_id = j."tenantId" and a.id = j."accountId"`;
  return await logChanges(tx, changed.map(accountChanged));
}
