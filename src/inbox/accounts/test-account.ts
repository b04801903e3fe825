/** `account:test`: asks the carrier whether a number works, and applies the answer. */
import type { Account } from '../../contract/entities.ts';
import type { Database } from '../../platform/postgres.ts';
import type { AccountCheck, CarrierSilence } from '../../providers/managing.ts';
import { insertAudit } from '../audit.ts';
import type { CarrierCommand } from '../command.ts';
import type { LoggedEvent } from '../event-log.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import type { CapabilityMap } from './accounts.ts';
import { callable, type CallableAccount, type CarrierDeps } from './carrier.ts';
import { accountEntry } from './checks.ts';
import { assertManager } from './list-accounts.ts';
import { selectEntity } from './manage-accounts.ts';
import { noteCheck } from './state.ts';
import type { AccountKey } from './writes.ts';

/** `db` is connected as the owner, because the carrier's answer is written by the system, not by the member. */
export interface TestDeps extends CarrierDeps {
  readonly db: Database;
  readonly capabilities: CapabilityMap;
}

/** What the command depends on in addition. */
export interface TestCommandDeps extends TestDeps {
  readonly hints: HintPublisher;
}

/** What an administrator is shown after a test. */
export interface Tested {
  readonly account: Account;
  readonly ok: boolean;
  readonly message: string;
  readonly health: AccountCheck['health'];
}

const CANNOT_ASK: CarrierSilence = { kind: 'silent', title: 'This carrier cannot be asked.', retryAfterMs: null };

/**
 * Calls the carrier if that is possible; otherwise the answer says what is missing. Never rejects because of the
 * carrier.
 */
export async function checkCarrier(
  { http }: CarrierDeps,
  { provider, credentials, problem }: CallableAccount,
): Promise<AccountCheck | CarrierSilence> {
  if (problem !== null) return { kind: 'checked', state: 'reauth', reason: problem, health: null };
  return (await provider.check?.(http, credentials)) ?? CANNOT_ASK;
}

/**
 * Calls the carrier and stores the answer; `memberId` null: an operator. `logged` must go out as a hint. Throws
 * not_found, and channel_down if the carrier cannot be called.
 */
export async function testAccount(
  deps: TestDeps,
  key: AccountKey,
  memberId: string | null,
): Promise<{ readonly tested: Tested; readonly logged: readonly LoggedEvent[] }> {
  const check = await checkCarrier(deps, await callable(deps, key.tenantId, key.accountId));
  const { logged, account } = await deps.db.transaction('accounts.test', async (tx) => {
    const actor = { tenantId: key.tenantId, type: memberId === null ? 'operator' : 'member', id: memberId } as const;
    await insertAudit(tx, { ...actor, correlationId: null }, [accountEntry('account.tested', key.accountId)]);
    const events: LoggedEvent[] = check.kind === 'checked' ? await noteCheck(tx, key, check, { lift: true }) : [];
    return { logged: events, account: await selectEntity(tx, key) };
  });
  return { tested: verdictOf(check, { ...account, capabilities: deps.capabilities[account.provider] }), logged };
}

function verdictOf(check: AccountCheck | CarrierSilence, account: Account): Tested {
  if (check.kind === 'silent') return { account, ok: false, message: check.title, health: null };
  const ok = check.state === 'connected' && account.state === 'connected';
  return { account, ok, message: wordsOf(check, account), health: check.health };
}

function wordsOf(check: AccountCheck, account: Account): string {
  return (
    check.reason ?? account.stateReason ?? (check.state === 'connecting' ? 'It is connecting.' : 'The number works.')
  );
}

/** Throws forbidden. */
export function testCommand(deps: TestCommandDeps): CarrierCommand<'account:test'> {
  return {
    name: 'account:test',
    access: 'carrier',
    allow: (context) => {
      assertManager(context);
    },
    ask: async ({ tenantId, memberId }, { accountId }) => {
      const { tested, logged } = await testAccount(deps, { tenantId, accountId }, memberId);
      publishHints(deps.hints, logged);
      return { data: tested };
    },
  };
}
