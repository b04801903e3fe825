/** Secrets at rest: reversible for provider credentials, irreversible for passwords. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { fingerprint } from '../lib/hash.ts';

const FORMAT = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A 32-byte key with the name under which its ciphertexts are marked. */
export interface EncryptionKey {
  readonly id: string;
  readonly bytes: Buffer;
}

/** The first key encrypts; the others, which are being rotated out, only decrypt. */
export type KeyRing = readonly [EncryptionKey, ...EncryptionKey[]];

/**
 * The stored text is not ours, was changed, or needs a key that is missing. The message says which, never the content.
 */
export class DecryptError extends Error {
  constructor(reason: string) {
    super(`A stored credential cannot be decrypted: ${reason}.`);
    this.name = 'DecryptError';
  }
}

/** Wraps 32 bytes; the id is derived from them, so that the same key always has the same id. */
export function encryptionKey(bytes: Buffer): EncryptionKey {
  if (bytes.length !== 32) throw new RangeError(`An encryption key has 32 bytes, got ${String(bytes.length)}.`);
  return { id: fingerprint(bytes.toString('hex')), bytes };
}

/** Wraps each as `encryptionKey` does. */
export function keyRing([current, ...former]: readonly [Buffer, ...Buffer[]]): KeyRing {
  return [encryptionKey(current), ...former.map(encryptionKey)];
}

/** True when `encrypt` made the text with this key. */
export function isEncryptedWith(stored: string, key: EncryptionKey): boolean {
  return stored.startsWith(`${FORMAT}.${key.id}.`);
}

/**
 * AES-256-GCM with a random IV: `v1.<key id>.<base64url of iv, tag, ciphertext>`. `context` (such as the row's id) is
 * authenticated, so that a ciphertext moved to another row does not decrypt.
 */
export function encrypt(plain: string, key: EncryptionKey, context: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, iv).setAAD(Buffer.from(context, 'utf8'));
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return `${FORMAT}.${key.id}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`;
}

/** The inverse of `encrypt`. `keys` are the current one and those being rotated out. Throws DecryptError. */
export function decrypt(stored: string, keys: readonly EncryptionKey[], context: string): string {
  const [format, keyId, payload, ...rest] = stored.split('.');
  if (format !== FORMAT || payload === undefined || rest.length > 0) throw new DecryptError('it has another format');
  const key = keys.find((one) => one.id === keyId);
  if (key === undefined) throw new DecryptError('ENCRYPTION_KEY does not hold the key it was encrypted with');
  const bytes = Buffer.from(payload, 'base64url');
  if (bytes.length < IV_BYTES + TAG_BYTES) throw new DecryptError('it is cut short');
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(context, 'utf8'))
    .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw new DecryptError('it was changed, or belongs to another row');
  }
}

/** argon2id with OWASP's minimum (19 MiB, 2 passes, 1 lane): https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const ARGON2ID = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** A PHC string, about 60 ms of one core off the event loop. */
export async function hashPassword(password: string): Promise<string> {
  return await hash(password, ARGON2ID);
}

/** A hash of no password, so that an unknown user takes as long as a wrong password. */
let nobody: Promise<string> | undefined;

function nobodysHash(): Promise<string> {
  nobody ??= hashPassword(randomBytes(24).toString('hex'));
  return nobody;
}

/**
 * True when the password belongs to the hash. `stored` null (no such user) takes the same time and is always false;
 * a hash that cannot be read is false too.
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  try {
    const matches = await verify(stored ?? (await nobodysHash()), password);
    return matches && stored !== null;
  } catch {
    return false;
  }
}
