/** How the state of a number changes: by what its carrier says, in a webhook or when asked. */
import type { AccountHealth } from '../../contract/accounts.ts';
import type { AccountState } from '../../contract/entities.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { AccountCheck } from '../../providers/managing.ts';
import { logChanges, type LoggedEvent } from '../event-log.ts';
import { accountChanged, type AccountKey } from './writes.ts';

/** A state with the words that go with it; null when all is well. */
export interface Verdict {
  readonly state: AccountState;
  readonly reason: string | null;
}

/** An instance may take this long to connect; a broken network shows as "connecting" for ever. */
const CONNECTING_PATIENCE_MS = 3 * 60_000;
/** What a webhook or a refused send says is not lifted by a check that cannot see it, for this long. */
const HOLD_MS = 3_600_000;

const CONNECTING: Verdict = { state: 'degraded', reason: 'The instance is trying to connect.' };
const STUCK: Verdict = {
  state: 'disconnected',
  reason: 'The instance has been trying to connect for minutes: check the network of its server, then pair it again.',
};

/**
 * Takes over what a webhook said. `hold`: a check does not lift it for an hour. Locks the account, then its upkeep, then
 * the tenant's counter. Index: primary keys of whatsapp_accounts and account_upkeep.
 */
export async function tellState(
  tx: Tx,
  account: AccountKey,
  verdict: Verdict | 'connecting',
  { hold }: { readonly hold: boolean },
): Promise<LoggedEvent[]> {
  const known = await lockAccount(tx, account);
  if (known === null) return [];
  const connectingMs = verdict === 'connecting' ? (known.connectingMs ?? 0) : null;
  const next = verdict === 'connecting' ? connectingVerdict(connectingMs ?? 0) : verdict;
  await noteUpkeep(tx, account, { connectingMs, held: hold ? 'set' : 'clear', reconcile: cameBack(known, next) });
  return await setState(tx, account, known, next);
}

/** Takes over what a check found; a held state stays. Locks and indexes as tellState. */
export async function noteCheck(tx: Tx, account: AccountKey, check: AccountCheck): Promise<LoggedEvent[]> {
  const known = await lockAccount(tx, account);
  if (known === null) return [];
  const connectingMs = check.state === 'connecting' ? (known.connectingMs ?? 0) : null;
  const found =
    check.state === 'connecting' ? connectingVerdict(connectingMs ?? 0) : { state: check.state, reason: check.reason };
  const next = known.held && RANK[found.state] < RANK[known.state] ? known : found;
  await noteUpkeep(tx, account, { connectingMs, held: 'keep', reconcile: cameBack(known, next) });
  await noteHealth(tx, account, check.health);
  return await setState(tx, account, known, next);
}

const RANK: Readonly<Record<AccountState, number>> = { connected: 0, degraded: 1, disconnected: 2, reauth: 3 };

function connectingVerdict(forMs: number): Verdict {
  return forMs >= CONNECTING_PATIENCE_MS ? STUCK : CONNECTING;
}

/** Whatever was said while it was away has to be asked for. */
function cameBack(before: Verdict, next: Verdict): boolean {
  return before.state !== 'connected' && next.state === 'connected';
}

interface Known extends Verdict {
  readonly held: boolean;
  /** For how long it has been connecting, ms; null when it is not. */
  readonly connectingMs: number | null;
}

async function lockAccount(tx: Tx, { tenantId, accountId }: AccountKey): Promise<Known | null> {
  const [row] = await tx<Known[]>`
    select a.state, a.state_reason as reason, coalesce(u.held_until > now(), false) as held,
      (extract(epoch from now() - u.connecting_since) * 1000)::float8 as "connectingMs"
    from whatsapp_accounts a left join account_upkeep u on u.tenant_id = a.tenant_id and u.account_id = a.id
    where a.tenant_id = ${tenantId} and a.id = ${accountId} and a.disabled_at is null
    for no key update of a`;
  return row ?? null;
}

interface UpkeepNote {
  readonly connectingMs: number | null;
  readonly held: 'set' | 'clear' | 'keep';
  readonly reconcile: boolean;
}

async function noteUpkeep(tx: Tx, { tenantId, accountId }: AccountKey, note: UpkeepNote): Promise<void> {
  const { connectingMs, held, reconcile } = note;
  await tx`
    insert into account_upkeep as u (tenant_id, account_id, connecting_since, held_until)
    values (${tenantId}, ${accountId}, case when ${connectingMs !== null} then now() end,
      case when ${held === 'set'} then now() + ${HOLD_MS} * interval '1 ms' end)
    on conflict (tenant_id, account_id) do update set
      connecting_since = case when ${connectingMs !== null} then coalesce(u.connecting_since, now()) end,
      held_until = case when ${held === 'keep'} then u.held_until else excluded.held_until end,
      next_reconcile_at = case when ${reconcile} then now() else u.next_reconcile_at end`;
}

async function noteHealth(tx: Tx, { tenantId, accountId }: AccountKey, health: AccountHealth | null): Promise<void> {
  await tx`
    update account_upkeep set checked_at = now() ${health === null ? tx`` : tx`, health = ${tx.json(health)}::json`}
    where tenant_id = ${tenantId} and account_id = ${accountId}`;
}

async function setState(tx: Tx, account: AccountKey, before: Verdict, next: Verdict): Promise<LoggedEvent[]> {
  if (before.state === next.state && before.reason === next.reason) return [];
  await tx`
    update whatsapp_accounts set state = ${next.state}, state_reason = ${next.reason}, version = version + 1
    where tenant_id = ${account.tenantId} and id = ${account.accountId}`;
  return await logChanges(tx, [accountChanged(account)]);
}
