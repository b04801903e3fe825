/** Operator's work on WhatsApp accounts. Credentials are stored encrypted. */
import type { ProviderName } from '../../contract/entities.ts';
import { InboxError } from '../../contract/errors.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import { fingerprint } from '../../lib/hash.ts';
import { cleanText } from '../../lib/text.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type { EncryptionKey } from '../../platform/crypto.ts';
import type { Tx } from '../../platform/postgres.ts';
import { insertAudit } from '../audit.ts';
import { logChanges, type LoggedEvent } from '../event-log.ts';
import { invalidField } from '../input.ts';
import { sealCredential, splitSecrets } from './credentials.ts';

/** `secret`: what webhooks prove; two, comma-separated, while one is being rotated. */
export interface NewAccount {
  readonly tenantId: TenantId;
  readonly provider: ProviderName;
  readonly name: string;
  readonly externalId: string;
  readonly secret: string | null;
  readonly accessToken: string | null;
  readonly apiBaseUrl: string | null;
  readonly phone: string | null;
  readonly accountSid: string | null;
}

/** Adds a number to a tenant. Throws invalid_input, or conflict when the tenant has it already. */
export async function addAccount(
  tx: Tx,
  account: NewAccount,
  key: EncryptionKey,
): Promise<{ readonly accountId: AccountId; readonly logged: readonly LoggedEvent[] }> {
  const { tenantId } = account;
  checkAccount(account);
  const accountId = await insertAccount(tx, account, key);
  const entry = {
    action: 'account.added',
    subjectType: 'account',
    subjectId: accountId,
    details: { provider: account.provider },
  };
  await insertAudit(tx, { tenantId, type: 'operator', id: null, correlationId: null }, [entry]);
  const change = { tenantId, type: 'account.updated', id: accountId, threadId: null, before: null } as const;
  return { accountId, logged: await logChanges(tx, [change]) };
}

function checkAccount(account: NewAccount): void {
  if (account.name.trim() === '') throw invalidField('name', 'must not be empty');
  if (account.externalId.trim() === '' || account.externalId.length > 200) {
    throw invalidField('externalId', 'must have 1 to 200 characters');
  }
  if (account.phone !== null && !/^\+[1-9]\d{6,14}$/.test(account.phone)) {
    throw invalidField('phone', 'must be E.164, such as +15550100101');
  }
  if (account.apiBaseUrl !== null && !/^https?:\/\//.test(account.apiBaseUrl)) {
    throw invalidField('apiBaseUrl', 'must be an http or https URL');
  }
}

/** Index: whatsapp_accounts_channel_key. */
async function insertAccount(tx: Tx, account: NewAccount, key: EncryptionKey): Promise<AccountId> {
  const id = uuid7() as AccountId;
  const { secret, accessToken } = account;
  const rows = await tx`
    insert into whatsapp_accounts (tenant_id, id, provider, external_id, name, phone, account_sid, api_base_url,
      secret_ciphertext, token_ciphertext, secret_fingerprints)
    values (${account.tenantId}, ${id}, ${account.provider}, ${account.externalId.trim()},
      ${cleanText(account.name.trim(), 200)}, ${account.phone}, ${account.accountSid},
      ${account.apiBaseUrl?.replace(/\/+$/, '') ?? null},
      ${secret === null ? null : sealCredential(secret, key, id, 'secret')},
      ${accessToken === null ? null : sealCredential(accessToken, key, id, 'token')},
      ${secret === null ? [] : splitSecrets(secret).map(fingerprint)}::text[])
    on conflict on constraint whatsapp_accounts_channel_key do nothing
    returning 1`;
  if (rows.length === 0) throw new InboxError('conflict', `This tenant has ${account.externalId} already.`);
  return id;
}
