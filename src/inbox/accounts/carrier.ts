/** The carrier behind an account, ready to be asked. */
import { InboxError } from '../../contract/errors.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import type { CarrierHttp } from '../../providers/managing.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Credentials } from '../../providers/sending.ts';

/** `problem` set: the number cannot be used at all, in words for an administrator. Holds a credential: never logged. */
export interface CallableAccount {
  readonly provider: Provider;
  readonly credentials: Credentials;
  readonly problem: string | null;
}

/** Where accounts are looked up with their credentials; `forget` makes the next `find` read what is stored now. */
export interface AccountFinder {
  find(tenantId: TenantId, accountId: AccountId): Promise<CallableAccount | null>;
  forget(accountId: AccountId): void;
}

/** What asking a carrier takes. */
export interface CarrierDeps {
  readonly accounts: AccountFinder;
  readonly http: CarrierHttp;
}

/** The account as it is stored now, whether it can be asked or not; null where there is none. */
export async function findAnew(
  { accounts }: CarrierDeps,
  { tenantId, accountId }: { readonly tenantId: TenantId; readonly accountId: AccountId },
): Promise<CallableAccount | null> {
  accounts.forget(accountId);
  return await accounts.find(tenantId, accountId);
}

/** The account as it is stored now. Throws not_found, and channel_down in words for an administrator. */
export async function callable(deps: CarrierDeps, tenantId: TenantId, accountId: AccountId): Promise<CallableAccount> {
  const account = await findAnew(deps, { tenantId, accountId });
  if (account === null) throw new InboxError('not_found', 'There is no such WhatsApp number.');
  if (account.problem !== null) throw new InboxError('channel_down', account.problem);
  return account;
}
