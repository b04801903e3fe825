/** WhatsApp accounts as members see them, and whether one can be used now. */
import type { Capabilities } from '../../contract/capabilities.ts';
import type { Account, ProviderName } from '../../contract/entities.ts';
import { InboxError } from '../../contract/errors.ts';
import type { AccountId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';

/** Capabilities per carrier; a carrier that is not built in is absent. */
export type CapabilityMap = { readonly [P in ProviderName]?: Capabilities };

/** The part of an account that sending needs. */
export interface AccountRow {
  readonly id: AccountId;
  readonly provider: ProviderName;
  readonly state: Account['state'];
  readonly readReceipts: 'on_read' | 'on_reply' | 'never';
  readonly disabledAt: Date | null;
}

/** Index: whatsapp_accounts primary key. Lock: none. */
export async function selectAccount(tx: Tx, tenantId: string, accountId: string): Promise<AccountRow | null> {
  const rows = await tx<AccountRow[]>`
    select a.id, a.provider, a.state, a.read_receipts as "readReceipts", a.disabled_at as "disabledAt"
    from whatsapp_accounts a where a.tenant_id = ${tenantId} and a.id = ${accountId}`;
  return rows[0] ?? null;
}

/**
 * Throws channel_down when nothing can be sent until a person acts. A number that is only disconnected still queues.
 */
export function assertUsable(account: AccountRow): void {
  if (account.disabledAt !== null) throw new InboxError('channel_down', 'This WhatsApp number was disabled.');
  if (account.state === 'reauth') {
    throw new InboxError('channel_down', 'This WhatsApp number must be connected anew by an administrator.');
  }
}

/** All accounts of the tenant that are not disabled, with what each can do. Index: whatsapp_accounts primary key. */
export async function listAccounts(tx: Tx, tenantId: string, capabilities: CapabilityMap): Promise<Account[]> {
  const rows = await tx<{ account: Account }[]>`
    select e.entity as account from whatsapp_accounts a
    join account_entities e on e.tenant_id = a.tenant_id and e.id = a.id
    where a.tenant_id = ${tenantId} and a.disabled_at is null order by a.created_at, a.id`;
  return rows.map(({ account }) => ({ ...account, capabilities: capabilities[account.provider] }));
}
