/** How the state of a number changes: by what its carrier says, in a webhook, in an answer or when asked. */
import type { AccountState } from '../../contract/entities.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { AccountCheck } from '../../providers/managing.ts';
import type { LoggedEvent } from '../event-log.ts';
import { lockNumbers, logStates, noteHealth, noteUpkeep, type Known, type StateChange } from './state-writes.ts';
import type { Verdict } from './verdict.ts';
import type { AccountKey } from './writes.ts';

/** What was said of a number. */
export interface Told extends AccountKey {
  readonly verdict: Verdict | 'connecting';
  /** A check cannot see it and lifts it after an hour at the earliest; it makes no number better than it is. */
  readonly hold: boolean;
  /** When the credential was in use that it is about, as text for Postgres; one stored later is not meant. */
  readonly usedAt: string | null;
}

/** An instance may take this long to connect; a broken network shows as "connecting" for ever. */
const CONNECTING_PATIENCE_MS = 3 * 60_000;

const CONNECTING: Verdict = { state: 'degraded', reason: 'The instance is trying to connect.' };
const STUCK: Verdict = {
  state: 'disconnected',
  reason: 'The instance has been trying to connect for minutes: check the network of its server, then pair it again.',
};

/**
 * Takes over what webhooks and answers said, of each number once. `reauth` stops sending until the number is changed, its
 * carrier says otherwise, an administrator tests it, or, where it is not held, a check finds it well. Locks the accounts in
 * the order of their keys, then their upkeep, then the tenants' counters. Index: primary keys of whatsapp_accounts and
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
 * Takes over what a check found; a held state stays, unless a person asked (`lift`). Locks and indexes as tellStates.
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
