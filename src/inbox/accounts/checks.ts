/** Validates a number's settings, and builds the audit log entries for changes. */
import type { AccountChange } from '../../contract/accounts.ts';
import type { AccountId } from '../../contract/ids.ts';
import { isInsideUrl } from '../../platform/public-address.ts';
import type { AuditEntry } from '../command.ts';
import { invalidField } from '../input.ts';

/**
 * An administrator of one tenant must not reach this machine or its network through us. Where a name leads is checked
 * at each call (platform/http-client.ts). Throws invalid_input. Operators may set any address with `hunfly account`.
 */
export function assertOutside(apiBaseUrl: string | null | undefined): void {
  if (apiBaseUrl == null) return;
  if (!isInsideUrl(new URL(apiBaseUrl))) return;
  throw invalidField('apiBaseUrl', 'is inside of this installation: an operator has to set it');
}

/** One line of the audit log about a number. */
export function accountEntry(action: string, accountId: AccountId, details?: AuditEntry['details']): AuditEntry {
  return { action, subjectType: 'account', subjectId: accountId, ...(details === undefined ? {} : { details }) };
}

/** Lists the names of the changed settings, never their values. */
export function changeEntry(accountId: AccountId, change: Omit<AccountChange, 'accountId'>): AuditEntry {
  const fields = Object.entries(change).filter(([name, value]) => value !== undefined && name !== 'commandId');
  return accountEntry('account.changed', accountId, { fields: fields.map(([name]) => name).join(' ') });
}
