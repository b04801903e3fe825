/** Rotates the encryption key: re-encrypts numbers' credentials, a batch at a time. */
import type { AccountId, TenantId } from '../../contract/ids.ts';
import { DecryptError, type KeyRing } from '../../platform/crypto.ts';
import { asJson, type Database, type Tx } from '../../platform/postgres.ts';
import { isSealedWith, openCredential, openSecrets, sealCredential, sealSecrets } from './credentials.ts';
import type { AccountKey } from './writes.ts';

/** `unreadable`: numbers whose credentials no key decrypts; they are left unchanged. */
export interface Resealed {
  readonly resealed: number;
  readonly unreadable: readonly AccountId[];
}

/** `last`: the key after which the next batch begins; null when there is none. */
interface Batch extends Resealed {
  readonly last: AccountKey | null;
}

interface Stored {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly secret: Buffer | null;
  readonly token: Buffer | null;
}

const BATCH = 200;

/**
 * Re-encrypts with the first key every credential that is not encrypted with it yet. Safe to repeat and to interrupt.
 */
export async function resealCredentials(db: Database, keys: KeyRing): Promise<Resealed> {
  const unreadable: AccountId[] = [];
  let resealed = 0;
  let last: AccountKey | null = null;
  do {
    const after: AccountKey | null = last;
    const batch: Batch = await db.transaction('accounts.reseal', (tx) => resealBatch(tx, keys, after));
    resealed += batch.resealed;
    unreadable.push(...batch.unreadable);
    last = batch.last;
  } while (last !== null);
  return { resealed, unreadable };
}

/** Locks the batch's accounts in key order. */
async function resealBatch(tx: Tx, keys: KeyRing, after: AccountKey | null): Promise<Batch> {
  const rows = await lockBatch(tx, after);
  const changed: Stored[] = [];
  const unreadable: AccountId[] = [];
  for (const row of rows) {
    if (isSealedWith(row.secret, keys[0]) && isSealedWith(row.token, keys[0])) continue;
    const sealed = reseal(row, keys);
    if (sealed === null) unreadable.push(row.accountId);
    else changed.push(sealed);
  }
  await storeBatch(tx, changed);
  return { resealed: changed.length, unreadable, last: rows.length < BATCH ? null : (rows.at(-1) ?? null) };
}

/** Null when no key decrypts it. */
function reseal(row: Stored, keys: KeyRing): Stored | null {
  const { accountId, secret, token } = row;
  const [key] = keys;
  try {
    return {
      ...row,
      secret: secret && sealSecrets(openSecrets(secret, keys, accountId), key, accountId),
      token: token && sealCredential(openCredential(token, keys, accountId, 'token'), key, accountId, 'token'),
    };
  } catch (error) {
    if (error instanceof DecryptError) return null;
    throw error;
  }
}

/** Index: whatsapp_accounts primary key. Lock: the accounts, until commit. */
async function lockBatch(tx: Tx, after: AccountKey | null): Promise<Stored[]> {
  return await tx<Stored[]>`
    select tenant_id as "tenantId", id as "accountId", secret_ciphertext as secret, token_ciphertext as token
    from whatsapp_accounts
    ${after === null ? tx`` : tx`where (tenant_id, id) > (${after.tenantId}, ${after.accountId})`}
    order by tenant_id, id limit ${BATCH} for no key update`;
}

/** Nothing visible changes, so nothing is logged. Index: whatsapp_accounts primary key. Lock: already held. */
async function storeBatch(tx: Tx, sealed: readonly Stored[]): Promise<void> {
  if (sealed.length === 0) return;
  const rows = sealed.map(({ tenantId, accountId, secret, token }) => ({
    tenant_id: tenantId,
    id: accountId,
    secret: secret && secret.toString('base64'),
    token: token && token.toString('base64'),
  }));
  await tx`
    update whatsapp_accounts a
    set secret_ciphertext = decode(r.secret, 'base64'), token_ciphertext = decode(r.token, 'base64')
    from json_to_recordset(${asJson(tx, rows)}) as r (tenant_id uuid, id uuid, secret text, token text)
    where a.tenant_id = r.tenant_id and a.id = r.id`;
}
