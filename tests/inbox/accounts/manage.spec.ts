/** Numbers are managed by administrators alone, and what opens them is never told again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountDetails } from '../../../src/contract/accounts.ts';
import { COMMANDS } from '../../../src/contract/commands.ts';
import type { Role } from '../../../src/contract/entities.ts';
import type { AccountId } from '../../../src/contract/ids.ts';
import type { Caller } from '../../../src/inbox/command.ts';
import { openSecrets } from '../../../src/inbox/accounts/credentials.ts';
import { encryptionKey } from '../../../src/platform/crypto.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createTeam, eventsAfter, headOf, newCommandId, type Team } from '../../support/team.ts';

const KEY = encryptionKey(Buffer.alloc(32, 7));
const SECRET = 'first-webhook-secret';
const TOKEN = 'the-access-token';

let db: TestDatabase;
let team: Team;
let admin: Caller;

beforeAll(async () => {
  db = await createTestDatabase();
  team = await createTeam(db.database);
  admin = await team.member('tenant_admin');
});
afterAll(async () => {
  await db.drop();
});

async function create(over: Record<string, unknown> = {}): Promise<AccountId> {
  const input = {
    ...{ provider: 'cloud', name: 'Shop', externalId: uuid7(), secret: SECRET, accessToken: TOKEN },
    ...over,
  };
  return (await team.execute('account:create', input, admin)).data.account.id;
}

async function details(accountId: AccountId): Promise<AccountDetails> {
  const { items } = (await team.execute('account:list', {}, admin)).data;
  return COMMANDS['account:list'].result.parse({ items }).items.find(({ account }) => account.id === accountId)!;
}

/** Everything that Postgres holds of the tenant, as text. */
async function everythingStored(): Promise<string> {
  const [row] = await db.database.run(
    'test.everything',
    (sql) => sql<{ text: string }[]>`
      select concat((select json_agg(a) from whatsapp_accounts a), (select json_agg(e) from tenant_events e),
        (select json_agg(c) from commands c), (select json_agg(l) from audit_log l)) as text`,
  );
  return row!.text;
}

describe('an administrator', () => {
  it('adds a number once, whatever is repeated, and everybody is told without its credentials', async () => {
    const head = await headOf(team);
    const commandId = newCommandId();
    const externalId = uuid7();
    const input = { commandId, provider: 'cloud', name: 'Line', externalId, secret: SECRET, accessToken: TOKEN };
    const first = await team.execute('account:create', input, admin);
    const again = await team.execute('account:create', input, admin);
    expect(again.data).toEqual(first.data);
    expect(await eventsAfter(team, head)).toMatchObject([{ type: 'account.updated' }]);
    const other = { ...input, commandId: newCommandId() };
    await expect(team.execute('account:create', other, admin)).rejects.toMatchObject({ code: 'conflict' });
    expect(await details(first.data.account.id)).toMatchObject({ externalId, secrets: 1, hasAccessToken: true });
  });

  it('changes what is given and leaves the rest', async () => {
    const accountId = await create({ phone: '+15550100101' });
    const change = { accountId, name: 'Renamed', phone: null, coexistence: true, readReceipts: 'never' };
    const { account } = (await team.execute('account:update', change, admin)).data;
    expect(account).toMatchObject({ name: 'Renamed', phone: null, state: 'connected' });
    expect(await details(accountId)).toMatchObject({ coexistence: true, readReceipts: 'never', hasAccessToken: true });
    await team.execute('account:update', { accountId, accessToken: null }, admin);
    expect(await details(accountId)).toMatchObject({ coexistence: true, hasAccessToken: false, secrets: 1 });
  });

  it('rotates a webhook secret: both count between the beginning and the end', async () => {
    const accountId = await create();
    const opened = async (): Promise<string[]> => {
      const [row] = await db.database.run(
        'test.secret',
        (sql) =>
          sql<{ stored: Buffer }[]>`select secret_ciphertext as stored from whatsapp_accounts where id = ${accountId}`,
      );
      return openSecrets(row!.stored, [KEY], accountId);
    };
    await expect(team.execute('account:update', { accountId, dropFirstSecret: true }, admin)).rejects.toMatchObject({
      code: 'conflict',
    });
    await team.execute('account:update', { accountId, addSecret: 'second-secret' }, admin);
    expect(await opened()).toEqual([SECRET, 'second-secret']);
    await expect(team.execute('account:update', { accountId, addSecret: 'third' }, admin)).rejects.toMatchObject({
      code: 'conflict',
    });
    await team.execute('account:update', { accountId, dropFirstSecret: true }, admin);
    expect(await opened()).toEqual(['second-secret']);
    expect((await details(accountId)).secrets).toBe(1);
  });

  it('cannot change the webhook secrets in two ways at once', async () => {
    const accountId = await create();
    for (const change of [
      { secret: 'a', addSecret: 'b' },
      { secret: null, dropFirstSecret: true },
      { addSecret: 'b', dropFirstSecret: true },
    ]) {
      await expect(team.execute('account:update', { accountId, ...change }, admin)).rejects.toMatchObject({
        code: 'invalid_input',
        details: [{ path: '', message: 'must have only one of secret, addSecret, dropFirstSecret' }],
      });
    }
    expect((await details(accountId)).secrets).toBe(1);
  });

  it.each(['Bearer 💥', 'tök\u00e9n', 'a\u202eb'])(
    'cannot give a token that no request can carry: %j',
    async (accessToken) => {
      const wrong = { code: 'invalid_input', details: [{ path: 'accessToken' }] };
      await expect(create({ accessToken })).rejects.toMatchObject(wrong);
      const accountId = await create();
      await expect(team.execute('account:update', { accountId, accessToken }, admin)).rejects.toMatchObject(wrong);
    },
  );

  it('takes a number out of use and back in, and sending through it is refused meanwhile', async () => {
    const accountId = await create();
    const head = await headOf(team);
    expect((await team.execute('account:disable', { accountId }, admin)).data.account.disabled).toBe(true);
    await team.execute('account:disable', { accountId }, admin);
    const send = { accountId, to: '+15550100177', kind: 'template', template: { name: 'hello', language: 'en' } };
    await expect(team.execute('message:send', send, admin)).rejects.toMatchObject({ code: 'channel_down' });
    expect((await team.execute('account:enable', { accountId }, admin)).data.account.disabled).toBe(false);
    expect(await eventsAfter(team, head)).toHaveLength(2);
    expect((await team.execute('message:send', send, admin)).data.message.status).toBe('queued');
  });

  it('leaves a trace of what was changed, not of what it was changed to', async () => {
    const accountId = await create();
    await team.execute('account:update', { accountId, addSecret: 'third-secret', name: 'Audited' }, admin);
    const rows = await db.database.run(
      'test.audit',
      (sql) => sql<{ action: string; details: unknown }[]>`
        select action, details from audit_log where subject_id = ${accountId} order by id`,
    );
    expect(rows).toEqual([
      { action: 'account.added', details: { provider: 'cloud' } },
      { action: 'account.changed', details: { fields: 'name addSecret' } },
    ]);
  });

  it('cannot point a number at the inside of the installation', async () => {
    const accountId = await create();
    for (const apiBaseUrl of [
      'http://127.0.0.1:9',
      'http://localhost',
      'http://169.254.169.254/x',
      'http://[::1]/',
      'http://evolution:8080',
      'http://db.internal.',
    ]) {
      await expect(team.execute('account:update', { accountId, apiBaseUrl }, admin)).rejects.toMatchObject({
        code: 'invalid_input',
      });
    }
    await team.execute('account:update', { accountId, apiBaseUrl: 'https://carrier.example.test/' }, admin);
    expect((await details(accountId)).apiBaseUrl).toBe('https://carrier.example.test');
  });

  it('finds no credential in any answer, event, stored result or audit row', async () => {
    const accountId = await create();
    await team.execute('account:update', { accountId, addSecret: 'second-secret', commandId: newCommandId() }, admin);
    const seen = [await everythingStored(), JSON.stringify((await team.execute('account:list', {}, admin)).data)];
    expect(seen.join()).toContain(accountId);
    for (const word of [SECRET, TOKEN, 'second-secret']) expect(seen.join()).not.toContain(word);
  });
});

describe('everybody else', () => {
  const REFUSED = ['account:list', 'account:create', 'account:update', 'account:test', 'account:disable'] as const;
  const MORE = ['account:enable', 'account:pair', 'template:sync'] as const;

  it.each<[Role, boolean]>([
    ['agent', false],
    ['manager', false],
    ['tenant_admin', true],
    ['super_admin', true],
  ])('%s: may manage numbers is %s', async (role, may) => {
    const caller = await team.member(role);
    const accountId = await create();
    for (const name of [...REFUSED, ...MORE]) {
      const input: Record<string, unknown> =
        name === 'account:create'
          ? { provider: 'cloud', name: 'x', externalId: uuid7() }
          : { ...(name === 'account:list' ? {} : { accountId }) };
      const code = await team.execute(name, input, caller).then(
        () => 'ok',
        (error: unknown) => (error as { code: string }).code,
      );
      expect([name, code === 'forbidden']).toEqual([name, !may]);
    }
  });

  it('cannot touch a number of another tenant', async () => {
    const stranger = await (await createTeam(db.database)).member('tenant_admin');
    const accountId = await create();
    for (const name of [
      'account:update',
      'account:test',
      'account:disable',
      'account:pair',
      'template:sync',
    ] as const) {
      await expect(team.execute(name, { accountId }, stranger)).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(await details(accountId)).toMatchObject({ disabledAt: null });
  });
});
