/** Operators' work on WhatsApp accounts: what administrators do with commands, but not on behalf of a member. */
import { AccountChange, NewAccount } from '../../contract/accounts.ts';
import { invalidInput } from '../../contract/errors.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import type { EncryptionKey } from '../../platform/crypto.ts';
import type { Tx } from '../../platform/postgres.ts';
import { insertAudit } from '../audit.ts';
import type { AuditEntry } from '../command.ts';
import { logChanges, type LoggedEvent } from '../event-log.ts';
import { accountEntry, changeEntry } from './checks.ts';
import { accountChanged, insertAccount, setDisabled, updateAccount, type AccountKey } from './writes.ts';

/** Adds a number to a tenant; validates `given`. Throws invalid_input, or conflict when the tenant has it already. */
export async function addAccount(
  tx: Tx,
  { tenantId, ...given }: NewAccount & { readonly tenantId: TenantId },
  key: EncryptionKey,
): Promise<{ readonly accountId: AccountId; readonly logged: readonly LoggedEvent[] }> {
  const account = NewAccount.safeParse(given);
  if (!account.success) throw invalidInput(account.error);
  const accountId = await insertAccount(tx, { ...account.data, tenantId }, key);
  const entry = accountEntry('account.added', accountId, { provider: account.data.provider });
  return { accountId, logged: await record(tx, { tenantId, accountId }, entry) };
}

/** Changes a number; validates `given`. Throws invalid_input, not_found, conflict. */
export async function editAccount(
  tx: Tx,
  tenantId: TenantId,
  given: AccountChange,
  key: EncryptionKey,
): Promise<readonly LoggedEvent[]> {
  const parsed = AccountChange.safeParse(given);
  if (!parsed.success) throw invalidInput(parsed.error);
  const { accountId, ...change } = parsed.data;
  await updateAccount(tx, { tenantId, accountId }, change, key);
  return await record(tx, { tenantId, accountId }, changeEntry(accountId, change));
}

/** Takes a number out of use, or back into use. Throws not_found. Logs nothing if that is its state already. */
export async function switchAccount(tx: Tx, account: AccountKey, disabled: boolean): Promise<readonly LoggedEvent[]> {
  if (!(await setDisabled(tx, account, disabled))) return [];
  return await record(tx, account, accountEntry(disabled ? 'account.disabled' : 'account.enabled', account.accountId));
}

async function record(tx: Tx, account: AccountKey, entry: AuditEntry): Promise<LoggedEvent[]> {
  await insertAudit(tx, { tenantId: account.tenantId, type: 'operator', id: null, correlationId: null }, [entry]);
  return await logChanges(tx, [accountChanged(account)]);
}
