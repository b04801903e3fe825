/** What must be true of a number's settings, and what the audit log says of a change. */
import type { AccountChange } from '../../contract/accounts.ts';
import type { AccountId } from '../../contract/ids.ts';
import type { AuditEntry } from '../command.ts';
import { invalidField } from '../input.ts';

/** Hosts that mean this machine or a network of ours; an administrator of one tenant must not reach them through us. */
const INTERNAL =
  /^(localhost|.*\.(localhost|local|internal)|0\.|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|\[(::|f[cd]|fe80))/i;

/** Throws invalid_input for an address inside; an operator may give one with `hunfly account`. */
export function assertOutside(apiBaseUrl: string | null | undefined): void {
  if (apiBaseUrl == null || !INTERNAL.test(new URL(apiBaseUrl).hostname)) return;
  throw invalidField('apiBaseUrl', 'is inside of this installation: an operator has to set it');
}

/** One line of the audit log about a number. */
export function accountEntry(action: string, accountId: AccountId, details?: AuditEntry['details']): AuditEntry {
  return { action, subjectType: 'account', subjectId: accountId, ...(details === undefined ? {} : { details }) };
}

/** Names of what was changed; never what it was changed to. */
export function changeEntry(accountId: AccountId, change: Omit<AccountChange, 'accountId'>): AuditEntry {
  const fields = Object.entries(change).filter(([name, value]) => value !== undefined && name !== 'commandId');
  return accountEntry('account.changed', accountId, { fields: fields.map(([name]) => name).join(' ') });
}
