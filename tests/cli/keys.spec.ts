/** `hunfly keys rotate`: afterwards the old key is not needed, and nothing has changed for a carrier. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLI_COMMANDS } from '../../src/cli/commands.ts';
import { runCli } from '../../src/cli/run.ts';
import { AccountDirectory } from '../../src/inbox/accounts/directory.ts';
import { addAccount } from '../../src/inbox/accounts/admin.ts';
import { openCredential } from '../../src/inbox/accounts/credentials.ts';
import type { AccountId, TenantId } from '../../src/contract/ids.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { loadConfig } from '../../src/platform/config.ts';
import { DecryptError, keyRing } from '../../src/platform/crypto.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { createTeam } from '../support/team.ts';

const [old, fresh, lost] = [randomBytes(32), randomBytes(32), randomBytes(32)];
let db: TestDatabase;
let tenantId: TenantId;

beforeAll(async () => {
  db = await createTestDatabase();
  ({ tenantId } = await createTeam(db.database));
});
afterAll(async () => {
  await db.drop();
});

async function rotate(keys: string): Promise<{ code: number; json: unknown }> {
  const config = loadConfig({
    DATABASE_URL: db.url,
    REDIS_URL: 'redis://127.0.0.1:1',
    APP_JWT_SECRET: 'x'.repeat(40),
    ENCRYPTION_KEY: keys,
  });
  let out = '';
  const io = { out: (text: string) => void (out += text), err: () => undefined };
  const announce = (): Promise<void> => Promise.reject(new Error('rotating announced something'));
  const context = { config, log: silentLog, clock: systemClock, database: () => db.database, announce };
  const { exitCode } = await runCli(['keys', 'rotate', '--json'], { commands: CLI_COMMANDS, io, context });
  return { code: exitCode, json: JSON.parse(out) as unknown };
}

async function add(key: Buffer, externalId: string, secret: string | null): Promise<AccountId> {
  const account = { provider: 'cloud', name: 'Shop', externalId, accessToken: `token-${externalId}` } as const;
  const added = await db.database.transaction('test.add', (tx) =>
    addAccount(tx, { ...account, secret, tenantId }, keyRing([key])[0]),
  );
  return added.accountId;
}

/** What a process that knows only this key reads. */
async function readWith(key: Buffer, externalId: string, accountId: AccountId): Promise<string[]> {
  const keys = keyRing([key]);
  const directory = new AccountDirectory({
    ...{ db: db.database, keys, log: silentLog },
    globalSecrets: { cloud: [], evolution: [], twilio: [] },
  });
  await directory.refresh();
  const secrets = directory.secretsFor('cloud', externalId, 10).likely.map(({ value }) => value);
  const [row] = await db.database.run(
    'test.token',
    (sql) => sql<{ token: Buffer }[]>`select token_ciphertext as token from whatsapp_accounts where id = ${accountId}`,
  );
  return [...secrets, openCredential(row!.token, keys, accountId, 'token')];
}

it('seals everything with the first key; the old one opens nothing any more', async () => {
  const channel = uuid7();
  const accountId = await add(old, channel, 'one,two');
  await expect(readWith(fresh, channel, accountId)).rejects.toThrow(DecryptError);
  const both = `${fresh.toString('base64')},${old.toString('base64')}`;
  expect(await rotate(both)).toEqual({ code: 0, json: { resealed: 1, unreadable: [] } });
  expect(await rotate(both)).toEqual({ code: 0, json: { resealed: 0, unreadable: [] } });
  expect(await readWith(fresh, channel, accountId)).toEqual(['one', 'two', `token-${channel}`]);
  await expect(readWith(old, channel, accountId)).rejects.toThrow(DecryptError);
});

it('leaves what no key opens as it is, names it and ends with 1', async () => {
  const channel = uuid7();
  const accountId = await add(lost, channel, null);
  await Promise.all(Array.from({ length: 250 }, () => add(old, uuid7(), 'secret')));
  const both = `${fresh.toString('hex')},${old.toString('hex')}`;
  expect(await rotate(both)).toEqual({ code: 1, json: { resealed: 250, unreadable: [accountId] } });
  expect(await readWith(lost, channel, accountId)).toEqual([`token-${channel}`]);
});
