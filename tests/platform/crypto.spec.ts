import { describe, expect, it } from 'vitest';
import {
  decrypt,
  DecryptError,
  encrypt,
  encryptionKey,
  hashPassword,
  verifyPassword,
} from '../../src/platform/crypto.ts';

const key = encryptionKey(Buffer.alloc(32, 1));
const other = encryptionKey(Buffer.alloc(32, 2));

describe('a credential at rest', () => {
  it('comes back as it was, and never looks the same twice', () => {
    const stored = encrypt('EAAG-token-é', key, 'account:1');
    expect(stored).not.toContain('EAAG');
    expect(encrypt('EAAG-token-é', key, 'account:1')).not.toBe(stored);
    expect(decrypt(stored, [other, key], 'account:1')).toBe('EAAG-token-é');
  });

  it('does not decrypt in another row, when changed, cut short, or with another key', () => {
    const stored = encrypt('token', key, 'account:1');
    const changed = stored.slice(0, -2) + (stored.endsWith('AA') ? 'BB' : 'AA');
    for (const [text, keys, context] of [
      [stored, [key], 'account:2'],
      [changed, [key], 'account:1'],
      [stored.slice(0, 25), [key], 'account:1'],
      [stored, [other], 'account:1'],
      ['plain text', [key], 'account:1'],
    ] as const) {
      expect(() => decrypt(text, keys, context)).toThrow(DecryptError);
    }
  });
});

describe('a password', () => {
  it('matches its own hash only', async () => {
    const stored = await hashPassword('correct horse');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await verifyPassword('correct horse', stored)).toBe(true);
    expect(await verifyPassword('wrong horse', stored)).toBe(false);
  });

  it('of a user who does not exist never matches, and a broken hash is no exception', async () => {
    expect(await verifyPassword('anything', null)).toBe(false);
    expect(await verifyPassword('anything', 'not a hash')).toBe(false);
  });
});
