/** Finds the carrier behind an account, ready to be called. */
import { InboxError } from '../../contract/errors.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import type { CarrierHttp } from '../../providers/managing.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Credentials } from '../../providers/sending.ts';

/**
 * If `problem` is set the number cannot be used at all; its text is for an administrator. Holds a credential: never log
 * it.
 */
export interface CallableAccount {
  readonly provider: Provider;
  readonly credentials: Credentials;
  readonly problem: string | null;
}

/** Looks accounts up with their credentials. `forget` makes the next `find` read the database. */
export interface AccountFinder {
  find(tenantId: TenantId, accountId: AccountId): Promise<CallableAccount | null>;
  forget(accountId: AccountId): void;
}

/** What calling a carrier depends on. */
export interface CarrierDeps {
  readonly accounts: AccountFinder;
  readonly http: CarrierHttp;
}

/** The account as stored now, whether its carrier can be called or not; null if there is none. */
export async function findAnew(
  { accounts }: CarrierDeps,
  { tenantId, accountId }: { readonly tenantId: TenantId; readonly accountId: AccountId },
): Promise<CallableAccount | null> {
  accounts.forget(accountId);
  return await accounts.find(tenantId, accountId);
}

/** The account as stored now. Throws not_found, and channel_down with a text for an administrator. */
export async function callable(deps: CarrierDeps, tenantId: TenantId, accountId: AccountId): Promise<CallableAccount> {
  const account = await findAnew(deps, { tenantId, accountId });
  if (account === null) throw new InboxError('not_found', 'There is no such WhatsApp number.');
  if (account.problem !== null) throw new InboxError('channel_down', account.problem);
  return account;
}
