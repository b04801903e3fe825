/** Statements that add and change WhatsApp accounts, run by the owner and by members' role alike. */
import type { AccountChange, NewAccount } from '../../contract/accounts.ts';
import { InboxError } from '../../contract/errors.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import { fingerprint } from '../../lib/hash.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type { EncryptionKey } from '../../platform/crypto.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Change } from '../event-log.ts';
import { invalidField } from '../input.ts';
import { sealCredential, sealSecrets, splitSecrets } from './credentials.ts';

/** A number to be added, validated by the contract. */
export type AccountToAdd = NewAccount & { readonly tenantId: TenantId };

/** Which account, of which tenant. */
export interface AccountKey {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
}

/** Twilio's sender exactly as its webhooks name it: no webhook would match any other spelling. */
const TWILIO_SENDER = /^whatsapp:\+[1-9]\d{6,14}$/;

const noSuchAccount = (): InboxError => new InboxError('not_found', 'There is no such WhatsApp number.');

/**
 * Throws invalid_input for an id that the carrier does not use, conflict when the tenant has the number already. Index:
 * whatsapp_accounts_channel_key. Lock: the new rows.
 */
export async function insertAccount(tx: Tx, account: AccountToAdd, key: EncryptionKey): Promise<AccountId> {
  const id = uuid7() as AccountId;
  const { tenantId, provider, externalId, secret, accessToken } = account;
  if (provider === 'twilio' && !TWILIO_SENDER.test(externalId)) {
    throw invalidField('externalId', 'must be the sender as Twilio names it, such as whatsapp:+15550100000');
  }
  const token = accessToken == null ? null : sealCredential(accessToken, key, id, 'token');
  const { sealed, names } = sealedSecrets(secret, key, id);
  const rows = await tx`
    insert into whatsapp_accounts (tenant_id, id, provider, external_id, name, phone, account_sid, api_base_url, business_id,
      read_receipts, coexistence, secret_ciphertext, secret_fingerprints, token_ciphertext)
    select ${tenantId}, ${id}, ${provider}, ${externalId}, c->>'name', c->>'phone', c->>'accountSid',
      rtrim(c->>'apiBaseUrl', '/'), c->>'businessId', coalesce(c->>'readReceipts', 'on_read'),
      coalesce((c->>'coexistence')::boolean, false), ${sealed}, ${names}::text[], ${token}
    from (select ${tx.json(settingsOf(account))}::jsonb as c) given
    on conflict on constraint whatsapp_accounts_channel_key do nothing
    returning 1`;
  if (rows.length === 0) throw new InboxError('conflict', `This tenant has ${externalId} already.`);
  await tx`insert into account_upkeep (tenant_id, account_id) values (${tenantId}, ${id})`;
  return id;
}

/**
 * Applies the given settings. A number that was waiting for a person because of one of them is checked again. Throws
 * not_found, and conflict for a rotation that cannot begin or end. Locks the account, then its upkeep. Index: primary
 * keys of whatsapp_accounts and account_upkeep.
 */
export async function updateAccount(
  tx: Tx,
  account: AccountKey,
  change: Omit<AccountChange, 'accountId'>,
  key: EncryptionKey,
): Promise<void> {
  if (!(await setColumns(tx, account, change, key))) throw noSuchAccount();
  if (change.addSecret !== undefined) await addSecret(tx, account, change.addSecret, key);
  if (change.dropFirstSecret === true) await dropFirstSecret(tx, account);
  if (isReachedAnew(change)) await reconsider(tx, account);
}

/** Settings that decide whether the carrier can be called. */
const REACHED_BY = ['accessToken', 'apiBaseUrl', 'accountSid'] as const;

function isReachedAnew(change: Omit<AccountChange, 'accountId'>): boolean {
  return REACHED_BY.some((field) => change[field] !== undefined);
}

/** The given settings except credentials, as JSON; columns without a key keep their value. */
async function setColumns(
  tx: Tx,
  { tenantId, accountId }: AccountKey,
  change: Omit<AccountChange, 'accountId'>,
  key: EncryptionKey,
): Promise<boolean> {
  const { accessToken, secret } = change;
  const token = accessToken == null ? null : sealCredential(accessToken, key, accountId, 'token');
  const secrets = sealedSecrets(secret, key, accountId);
  const { count } = await tx`
    update whatsapp_accounts a set version = a.version + 1,
      name = coalesce(c->>'name', a.name),
      phone = case when c ? 'phone' then c->>'phone' else a.phone end,
      account_sid = case when c ? 'accountSid' then c->>'accountSid' else a.account_sid end,
      api_base_url = case when c ? 'apiBaseUrl' then rtrim(c->>'apiBaseUrl', '/') else a.api_base_url end,
      business_id = case when c ? 'businessId' then c->>'businessId' else a.business_id end,
      read_receipts = coalesce(c->>'readReceipts', a.read_receipts),
      coexistence = coalesce((c->>'coexistence')::boolean, a.coexistence)
      ${accessToken === undefined ? tx`` : tx`, token_ciphertext = ${token}`}
      ${isReachedAnew(change) ? tx`, credential_at = clock_timestamp()` : tx``}
      ${secret === undefined ? tx`` : tx`, secret_ciphertext = ${secrets.sealed}, secret_fingerprints = ${secrets.names}::text[]`}
    from (select ${tx.json(settingsOf(change))}::jsonb as c) given
    where a.tenant_id = ${tenantId} and a.id = ${accountId}`;
  return count > 0;
}

const SETTINGS = ['name', 'phone', 'accountSid', 'apiBaseUrl', 'businessId', 'readReceipts', 'coexistence'] as const;

function settingsOf(change: Pick<AccountChange, (typeof SETTINGS)[number]>): Record<string, string | boolean | null> {
  return Object.fromEntries(
    SETTINGS.flatMap((name) => {
      const value = change[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The stored form of webhook secrets: one, or two separated by a comma during a rotation. */
function sealedSecrets(
  secret: string | null | undefined,
  key: EncryptionKey,
  accountId: AccountId,
): { readonly sealed: Buffer | null; readonly names: string[] } {
  const secrets = splitSecrets(secret ?? '');
  const sealed = secrets.length === 0 ? null : sealSecrets(secrets, key, accountId);
  return { sealed, names: secrets.map(fingerprint) };
}

/** Index: whatsapp_accounts primary key, inside add_account_secret. */
async function addSecret(
  tx: Tx,
  { tenantId, accountId }: AccountKey,
  secret: string,
  key: EncryptionKey,
): Promise<void> {
  const sealed = sealCredential(secret, key, accountId, 'secret');
  const [row] = await tx<{ done: boolean }[]>`
    select add_account_secret(${tenantId}, ${accountId}, ${sealed}, ${fingerprint(secret)}) as done`;
  if (row?.done !== true)
    throw new InboxError('conflict', 'Two secrets are in force already. Drop the first one before.');
}

/** Index: whatsapp_accounts primary key, inside drop_first_account_secret. */
async function dropFirstSecret(tx: Tx, { tenantId, accountId }: AccountKey): Promise<void> {
  const [row] = await tx<{ done: boolean }[]>`select drop_first_account_secret(${tenantId}, ${accountId}) as done`;
  if (row?.done !== true)
    throw new InboxError('conflict', 'There are no two secrets, of which the first could be dropped.');
}

/** The state of a changed connection is unknown until the next check, which is due at once. */
async function reconsider(tx: Tx, { tenantId, accountId }: AccountKey): Promise<void> {
  await tx`
    update whatsapp_accounts set state = 'degraded', state_reason = 'The changed connection is being checked.'
    where tenant_id = ${tenantId} and id = ${accountId} and state in ('reauth', 'disconnected')`;
  await makeDue(tx, { tenantId, accountId });
}

/** Makes the account due to be checked, reconciled and synced, and lifts whatever held its state. */
async function makeDue(tx: Tx, { tenantId, accountId }: AccountKey): Promise<void> {
  await tx`
    insert into account_upkeep (tenant_id, account_id) values (${tenantId}, ${accountId})
    on conflict (tenant_id, account_id) do update
      set next_check_at = now(), next_reconcile_at = now(), next_sync_at = now(), held_until = null`;
}

/**
 * Takes a number out of use, or back into use. False if that is its state already; throws not_found. Locks the account.
 * Index: primary keys of whatsapp_accounts and account_upkeep.
 */
export async function setDisabled(tx: Tx, { tenantId, accountId }: AccountKey, disabled: boolean): Promise<boolean> {
  const { count } = await tx`
    update whatsapp_accounts set version = version + 1,
      disabled_at = ${disabled ? tx`now()` : null}, enabled_at = ${disabled ? tx`enabled_at` : tx`now()`}
    where tenant_id = ${tenantId} and id = ${accountId} and (disabled_at is null) = ${disabled}`;
  if (count === 0) await assertExists(tx, { tenantId, accountId });
  if (count > 0 && !disabled) await makeDue(tx, { tenantId, accountId });
  return count > 0;
}

async function assertExists(tx: Tx, { tenantId, accountId }: AccountKey): Promise<void> {
  const rows = await tx`select 1 from whatsapp_accounts where tenant_id = ${tenantId} and id = ${accountId}`;
  if (rows.length === 0) throw noSuchAccount();
}

/** The change that tells everybody about a changed number. */
export function accountChanged({ tenantId, accountId }: AccountKey): Change {
  return { tenantId, type: 'account.updated', id: accountId, threadId: null, before: null };
}
