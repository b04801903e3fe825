/** How the state of a number changes: by its carrier's reports, in webhooks, in answers, or when asked. */
import type { AccountState } from '../../contract/entities.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { AccountCheck } from '../../providers/managing.ts';
import type { LoggedEvent } from '../event-log.ts';
import { lockNumbers, logStates, noteHealth, noteUpkeep, type Known, type StateChange } from './state-writes.ts';
import type { Verdict } from './verdict.ts';
import type { AccountKey } from './writes.ts';

/** A report about a number. */
export interface Told extends AccountKey {
  readonly verdict: Verdict | 'connecting';
  /** A check cannot see this problem and lifts it after an hour at the earliest. Never improves a state. */
  readonly hold: boolean;
  /** When the credential concerned was in use, as text for Postgres; a credential stored later is not meant. */
  readonly usedAt: string | null;
}

/** How long an instance may take to connect: a broken network shows as "connecting" for ever. */
const CONNECTING_PATIENCE_MS = 3 * 60_000;

const CONNECTING: Verdict = { state: 'degraded', reason: 'The instance is trying to connect.' };
const STUCK: Verdict = {
  state: 'disconnected',
  reason: 'The instance has been trying to connect for minutes: check the network of its server, then pair it again.',
};

/**
 * Applies reports from webhooks and answers, one per number. `reauth` stops sending until the number is changed, its
 * carrier reports otherwise, an administrator tests it, or, unless it is held, a check succeeds. Locks the accounts in
 * key order, then their upkeep, then the tenants' counters. Index: primary keys of whatsapp_accounts and
 * account_upkeep.
 */
export async function tellStates(tx: Tx, told: readonly Told[]): Promise<LoggedEvent[]> {
  const known = await lockNumbers(tx, told);
  const changes = told.flatMap((one) => {
    const before = known.get(one.accountId);
    return before === undefined ? [] : changeOf(one, before);
  });
  await noteUpkeep(tx, changes);
  return await logStates(tx, changes);
}

function changeOf(told: Told, before: Known): StateChange[] {
  const connectingMs = told.verdict === 'connecting' ? (before.connectingMs ?? 0) : null;
  const next = told.verdict === 'connecting' ? connectingVerdict(connectingMs ?? 0) : told.verdict;
  if (told.hold && RANK[next.state] < RANK[before.state]) return [];
  return [{ ...keyOf(told), before, next, connectingMs, held: told.hold ? 'set' : 'clear' }];
}

/**
 * Applies the result of a check. A held state stays, unless a person asked (`lift`). Locks and indexes as tellStates.
 */
export async function noteCheck(
  tx: Tx,
  account: AccountKey,
  check: AccountCheck,
  { lift }: { readonly lift: boolean },
): Promise<LoggedEvent[]> {
  const before = (await lockNumbers(tx, [{ ...account, usedAt: null }])).get(account.accountId);
  if (before === undefined) return [];
  const connectingMs = check.state === 'connecting' ? (before.connectingMs ?? 0) : null;
  const found =
    check.state === 'connecting' ? connectingVerdict(connectingMs ?? 0) : { state: check.state, reason: check.reason };
  const stays = before.held && !lift && RANK[found.state] < RANK[before.state];
  const next = stays ? before : found;
  const change: StateChange = { ...keyOf(account), before, next, connectingMs, held: lift ? 'clear' : 'keep' };
  await noteUpkeep(tx, [change]);
  await noteHealth(tx, account, check.health);
  return await logStates(tx, [change]);
}

const RANK: Readonly<Record<AccountState, number>> = { connected: 0, degraded: 1, disconnected: 2, reauth: 3 };

function connectingVerdict(forMs: number): Verdict {
  return forMs >= CONNECTING_PATIENCE_MS ? STUCK : CONNECTING;
}

function keyOf({ tenantId, accountId }: AccountKey): AccountKey {
  return { tenantId, accountId };
}
