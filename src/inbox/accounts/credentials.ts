/** How an account's own secrets are encrypted, decrypted and identified. */
import { decrypt, encrypt, isEncryptedWith, type EncryptionKey } from '../../platform/crypto.ts';

/** `secret`: webhook secrets, two while one is being rotated. `token`: the API token. */
export type CredentialKind = 'secret' | 'token';

/** Binds a ciphertext to its account and column: copied to another row it cannot be decrypted. */
function contextOf(accountId: string, kind: CredentialKind): string {
  return `whatsapp_accounts:${accountId}:${kind}`;
}

/** Bytes for `token_ciphertext`, or one secret of `secret_ciphertext`. */
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

/**
 * Bytes for `secret_ciphertext`: each secret is encrypted separately, so that one can be dropped without decrypting
 * any.
 */
export function sealSecrets(secrets: readonly string[], key: EncryptionKey, accountId: string): Buffer {
  return Buffer.from(secrets.map((secret) => sealCredential(secret, key, accountId, 'secret').toString()).join());
}

/** The inverse of sealSecrets. Also reads a single ciphertext that contains two secrets. Throws DecryptError. */
export function openSecrets(stored: Buffer, keys: readonly EncryptionKey[], accountId: string): string[] {
  const sealed = stored.toString('utf8').split(',');
  return sealed.flatMap((one) => splitSecrets(openCredential(Buffer.from(one), keys, accountId, 'secret')));
}

/** True if all of `secret_ciphertext` or `token_ciphertext` was encrypted with this key; also for null. */
export function isSealedWith(stored: Buffer | null, key: EncryptionKey): boolean {
  return (
    stored === null ||
    stored
      .toString('utf8')
      .split(',')
      .every((one) => isEncryptedWith(one, key))
  );
}

/** The single secrets of a comma-separated list, without empty ones. */
export function splitSecrets(text: string): string[] {
  return text
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}
