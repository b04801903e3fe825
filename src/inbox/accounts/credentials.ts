/** An account's own secrets at rest: how they are sealed, opened and named. */
import { decrypt, encrypt, type EncryptionKey } from '../../platform/crypto.ts';

/** `secret`: webhook secrets, separated by commas while one is being rotated. `token`: the API token. */
export type CredentialKind = 'secret' | 'token';

/** Bound to the account and the column, so that a ciphertext copied to another row opens nothing. */
function contextOf(accountId: string, kind: CredentialKind): string {
  return `whatsapp_accounts:${accountId}:${kind}`;
}

/** Bytes for `secret_ciphertext` or `token_ciphertext`. */
export function sealCredential(plain: string, key: EncryptionKey, accountId: string, kind: CredentialKind): Buffer {
  return Buffer.from(encrypt(plain, key, contextOf(accountId, kind)), 'utf8');
}

/** The inverse of sealCredential; `keys` are the current one and those being rotated out. Throws DecryptError. */
export function openCredential(
  stored: Buffer,
  keys: readonly EncryptionKey[],
  accountId: string,
  kind: CredentialKind,
): string {
  return decrypt(stored.toString('utf8'), keys, contextOf(accountId, kind));
}

/** The single secrets of a comma-separated list, without empty ones. */
export function splitSecrets(text: string): string[] {
  return text
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}
