import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addAccount } from '../../../src/inbox/accounts/admin.ts';
import type { AccountToAdd } from '../../../src/inbox/accounts/writes.ts';
import { AccountDirectory } from '../../../src/inbox/accounts/directory.ts';
import { createTenant } from '../../../src/inbox/tenants/admin.ts';
import type { AccountId, TenantId } from '../../../src/contract/ids.ts';
import { fingerprint } from '../../../src/lib/hash.ts';
import { encryptionKey } from '../../../src/platform/crypto.ts';
import type { Database } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { silentLog } from '../../support/log.ts';

const KEY = encryptionKey(randomBytes(32));
const GLOBAL = { cloud: ['global'], evolution: [], twilio: [] };

let test: TestDatabase;
let db: Database;
let tenantA: TenantId;
let tenantB: TenantId;
const opened: AccountDirectory[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  db = test.database;
  const tenant = (slug: string): Promise<TenantId> =>
    db.transaction('test', (tx) => createTenant(tx, { slug, name: slug, agentVisibility: 'own' }));
  [tenantA, tenantB] = [await tenant('a'), await tenant('b')];
});
afterAll(async () => {
  for (const directory of opened) directory.stop();
  await test.drop();
});

async function open(keys = [KEY]): Promise<AccountDirectory> {
  const directory = new AccountDirectory({ db, keys, globalSecrets: GLOBAL, log: silentLog });
  opened.push(directory);
  await directory.start();
  return directory;
}

async function add(tenantId: TenantId, externalId: string, secret: string | null = null): Promise<AccountId> {
  const account: AccountToAdd = {
    ...{ tenantId, externalId, secret, provider: 'cloud', name: 'Line' },
    ...{ accessToken: null, apiBaseUrl: null, phone: null, accountSid: null },
  };
  return (await db.transaction('test', (tx) => addAccount(tx, account, KEY))).accountId;
}

const values = (secrets: readonly { value: string }[]): string[] => secrets.map(({ value }) => value);

describe('the accounts directory', () => {
  it('finds an account by the proof that counts for it, and by no other', async () => {
    const own = await add(tenantA, '1', 'new, old');
    const plain = await add(tenantA, '2');
    const directory = await open();
    expect(directory.resolve('cloud', '1', fingerprint('new'))).toMatchObject({ tenantId: tenantA, accountId: own });
    expect(directory.resolve('cloud', '1', fingerprint('old'))?.accountId).toBe(own);
    expect(directory.resolve('cloud', '1', 'global')).toBeNull();
    expect(directory.resolve('cloud', '2', 'global')?.accountId).toBe(plain);
    expect(directory.resolve('cloud', '2', fingerprint('new'))).toBeNull();
    expect(directory.resolve('evolution', '2', 'global')).toBeNull();
  });

  it('keeps a channel with who had it first when another tenant adds it as well', async () => {
    const first = await add(tenantA, '3');
    await add(tenantB, '3');
    const theirs = await add(tenantB, '4', 'theirs');
    await add(tenantA, '4');
    const directory = await open();
    expect(directory.resolve('cloud', '3', 'global')?.accountId).toBe(first);
    expect(directory.resolve('cloud', '4', fingerprint('theirs'))?.accountId).toBe(theirs);
  });

  it('offers the own secrets of a channel instead of the global ones, and those of others last', async () => {
    await add(tenantA, '5', 'five');
    const directory = await open();
    const own = directory.secretsFor('cloud', '5', 1000);
    expect(values(own.likely)).toEqual(['five']);
    expect(values(own.others)).toContain('theirs');
    expect(values(directory.secretsFor('cloud', '2', 1000).likely)).toEqual(['global']);
    expect(values(directory.secretsFor('cloud', 'unknown', 1000).likely)).toEqual(['global']);
    expect(own.complete).toBe(true);
  });

  it('does not hash large bodies with every secret, and then does not call the list complete', async () => {
    const directory = await open();
    const large = directory.secretsFor('cloud', null, 32 * 1024 * 1024);
    expect(large.others.length).toBe(2);
    expect(large.complete).toBe(false);
  });

  it('learns of an account that was added after it was asked', async () => {
    const directory = await open();
    const before = directory.generation;
    const added = await add(tenantA, '6', 'six');
    expect(directory.resolve('cloud', '6', fingerprint('six'))).toBeNull();
    await Promise.all(Array.from({ length: 20 }, () => directory.ensure([{ provider: 'cloud', channel: '6' }])));
    expect(directory.resolve('cloud', '6', fingerprint('six'))?.accountId).toBe(added);
    expect(directory.generation).toBe(before + 1);
  });

  it('does not count a disabled account, but still knows its secret', async () => {
    const id = await add(tenantA, '7', 'seven');
    await db.run('test', (sql) => sql`update whatsapp_accounts set disabled_at = now() where id = ${id}`);
    const directory = await open();
    expect(directory.resolve('cloud', '7', fingerprint('seven'))).toBeNull();
    expect(values(directory.secretsFor('cloud', '7', 10).likely)).toEqual(['seven']);
  });

  it('says that a secret is missing when it cannot be decrypted', async () => {
    const directory = await open([encryptionKey(randomBytes(32))]);
    expect(directory.secretsFor('cloud', '5', 10)).toMatchObject({ likely: [], complete: false });
    expect(directory.secretsFor('cloud', '2', 10).complete).toBe(true);
  });

  it('keeps what it knows while Postgres is away', async () => {
    const away = test.open();
    const directory = new AccountDirectory({ db: away, keys: [KEY], globalSecrets: GLOBAL, log: silentLog });
    opened.push(directory);
    expect(directory.loaded).toBe(false);
    expect(directory.secretsFor('cloud', null, 10).complete).toBe(false);
    await directory.start();
    await away.close();
    await expect(directory.ensure([{ provider: 'cloud', channel: 'new' }])).rejects.toThrow();
    await directory.ensure([{ provider: 'cloud', channel: '2' }]);
    expect(directory.resolve('cloud', '2', 'global')).not.toBeNull();
  });
});
