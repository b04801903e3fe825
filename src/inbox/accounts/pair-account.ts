/** `account:pair`: a code that links a phone. It is a credential: returned only to the caller, and stored nowhere. */
import { InboxError } from '../../contract/errors.ts';
import type { PairingCode } from '../../contract/accounts.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../platform/postgres.ts';
import { insertAudit } from '../audit.ts';
import type { CarrierCommand } from '../command.ts';
import { callable, type CarrierDeps } from './carrier.ts';
import { accountEntry } from './checks.ts';
import { assertManager } from './list-accounts.ts';
import type { AccountKey } from './writes.ts';

/** `db` is connected as the owner. */
export interface PairDeps extends CarrierDeps {
  readonly db: Database;
  readonly clock: Clock;
}

/** Null: already connected. Throws not_found, unsupported, channel_down and unavailable, each with an explanation. */
export async function pairAccount(
  deps: PairDeps,
  key: AccountKey,
  memberId: string | null,
): Promise<PairingCode | null> {
  const { provider, credentials } = await callable(deps, key.tenantId, key.accountId);
  const answer = await provider.pair?.(deps.http, credentials, deps.clock.nowMs());
  if (answer === undefined) throw new InboxError('unsupported', 'Numbers of this carrier are not paired with a phone.');
  if (answer.kind === 'silent') throw new InboxError('unavailable', answer.title);
  if (answer.kind === 'refused') throw new InboxError('channel_down', answer.title);
  const actor = { tenantId: key.tenantId, type: memberId === null ? 'operator' : 'member', id: memberId } as const;
  await deps.db.transaction('accounts.pair', (tx) =>
    insertAudit(tx, { ...actor, correlationId: null }, [accountEntry('account.paired', key.accountId)]),
  );
  return answer.kind === 'code' ? answer.qr : null;
}

/** Throws forbidden. */
export function pairCommand(deps: PairDeps): CarrierCommand<'account:pair'> {
  return {
    name: 'account:pair',
    access: 'carrier',
    allow: (context) => {
      assertManager(context);
    },
    ask: async ({ tenantId, memberId }, { accountId }) => {
      const qr = await pairAccount(deps, { tenantId, accountId }, memberId);
      return { data: { qr }, effects: qr === null ? [] : [{ type: 'pairing', accountId }] };
    },
  };
}
