import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI_COMMANDS } from '../../src/cli/commands.ts';
import type { CliContext } from '../../src/cli/command.ts';
import { runCli } from '../../src/cli/run.ts';
import { createSessions } from '../../src/inbox/team/session.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { loadConfig, type Config } from '../../src/platform/config.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

let db: TestDatabase;
let redis: TestRedis;
let config: Config;
const announced: unknown[] = [];

beforeAll(async () => {
  [db, redis] = await Promise.all([createTestDatabase(), startTestRedis()]);
  config = loadConfig({
    DATABASE_URL: db.url,
    REDIS_URL: redis.url,
    APP_JWT_SECRET: 'x'.repeat(40),
    ENCRYPTION_KEY: randomBytes(32).toString('hex'),
  });
});
afterAll(async () => {
  await Promise.all([db.drop(), redis.drop()]);
});

const hunfly = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
  let out = '';
  let err = '';
  const context: CliContext = {
    config,
    log: silentLog,
    clock: systemClock,
    database: () => db.database,
    announce: (logged) => Promise.resolve(void announced.push(...logged)),
  };
  const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
  const { exitCode } = await runCli(argv, { commands: CLI_COMMANDS, io, context });
  return { code: exitCode, out, err };
};

const json = async (...argv: string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await hunfly(...argv, '--json')).out) as Record<string, unknown>;

describe('hunfly', () => {
  it('lists every command, and each has help of its own', async () => {
    const { code, out } = await hunfly('--help');
    expect(code).toBe(0);
    for (const { path } of CLI_COMMANDS) {
      expect(out).toContain(`hunfly ${path}`);
      expect(await hunfly(...path.split(' '), '--help')).toMatchObject({ code: 0, err: '' });
    }
  });

  it.each(CLI_COMMANDS.filter(({ usage }) => usage !== '').map(({ path, example }) => [path, example ?? '']))(
    'shows how %s is used, by an example that holds',
    async (path, example) => {
      const { code, out } = await hunfly(...`${path} ${example}`.split(' '), '--help');
      expect(code).toBe(0);
      expect(out).toContain(`\nexample: hunfly ${path} ${example}\n`);
      expect(example).not.toBe('');
    },
  );

  it('shows the commands of a group by its first word', async () => {
    const { out } = await hunfly('member', '--help');
    expect(new Set(out.match(/hunfly \w+/g))).toEqual(new Set(['hunfly member']));
  });

  it('lists them in JSON too', async () => {
    const { commands } = await json('--help');
    expect((commands as { path: string }[]).map(({ path }) => path)).toEqual(CLI_COMMANDS.map(({ path }) => path));
  });

  it('shows how one is used in JSON too', async () => {
    const about = 'makes businesses, Cloud API numbers, agents and their tokens for load scripts; prints secrets';
    expect(await json('load', 'prepare', '--help')).toMatchObject({
      commands: [{ path: 'load prepare', about, example: '--tenants 2 --agents 10' }],
    });
  });

  it('names a command that does not exist in JSON too', async () => {
    expect(await json('no-such-thing')).toMatchObject({ error: { code: 'invalid_input' } });
  });

  it.each([
    [['no-such-thing'], 'UnknownCommand'],
    [['tenant', 'create'], '--slug is missing'],
    [
      ['tenant', 'create', '--slug', 'x', '--name', 'X', '--agent-visibility', 'some'],
      '--agent-visibility must be one of',
    ],
    [['tenant', 'create', '--slugg', 'x'], "Unknown option '--slugg'"],
    [['tenant', 'create', '--slug', 'Not Good', '--name', 'X'], 'slug must be'],
    [['tenant', 'create', 'stray', '--slug', 'x', '--name', 'X'], '"stray" is one word too many'],
    [['tenant', 'create', '--slug', '--name', 'X'], 'UsageError: --slug needs a value\n'],
    [['tenant', 'create', '--slug'], '--slug needs a value'],
    [['verify', '--json=1'], '--json takes no value'],
    [['dead-letters', 'show'], 'ID is missing'],
    [['consumer'], '<name> is missing'],
    [['tenant'], 'there is no command "tenant", but "tenant create", "tenant set"'],
    [['-x'], 'a command is missing'],
    [['member', 'add', '--tenant', 'x', '--email', 'e@x.y', '--name', 'N', '--role', 'boss'], '--role must be one of'],
    [['token', '--email', 'a@b.c', '--ttl-s', 'soon'], '--ttl-s must be'],
    [['dead-letters', 'show', '7'], 'no UUID'],
    [['consumer', 'nothing'], 'there is no consumer'],
    [['simulate', '--scenario', 'flash-sale'], '--scenario must be one of hello, '],
    [['verify', '--from', 'yesterday'], '--from must be'],
    [['verify', '--from', '0000-01-01T00:00:00Z'], '--from must be'],
    [['verify', '--from', '2026-02-31T10:00:00Z'], '--from must be'],
    [['verify', '--from', '2026-01-31T10:00:00'], '--from must be'],
  ])('%j ends with 2, a named error and the usage', async (argv, words) => {
    const { code, out, err } = await hunfly(...argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(words);
    expect(err).toMatch(/usage: hunfly/);
  });

  it('prints one JSON document with --json, for an error too', async () => {
    expect(await json('member', 'remove', '--tenant', 'none', '--email', 'a@b.c')).toMatchObject({
      error: { code: 'not_found' },
    });
    expect(await json('dead-letters', 'list')).toEqual({ items: [] });
  });

  it('takes a tenant from nothing to somebody who can log in', async () => {
    const slug = `cli-${uuid7()}`;
    const email = `${uuid7()}@example.test`;
    const { tenantId } = await json('tenant', 'create', '--slug', slug, '--name', 'CLI');
    const member = ['--tenant', slug, '--email', email];
    await json('member', 'add', ...member, '--name', 'Cleo', '--role', 'agent', '--password', 'correct horse');
    expect(await json('member', 'set-role', ...member, '--role', 'manager')).toMatchObject({
      tenantId,
      role: 'manager',
    });
    const account = [
      '--provider',
      'cloud',
      '--name',
      'Shop',
      '--external-id',
      '4242',
      '--secret',
      's',
      '--access-token',
      't',
    ];
    expect(await json('account', 'add', '--tenant', slug, ...account)).toMatchObject({
      provider: 'cloud',
      externalId: '4242',
    });
    const { token } = await json('token', '--email', email, '--ttl-s', '60');
    const sessions = createSessions({
      database: db.database,
      clock: systemClock,
      secret: config.appJwtSecret,
      supabase: config.supabase,
    });
    expect(await sessions.resolveCaller(String(token))).toMatchObject({ tenantId });
    expect((await sessions.login(email, 'correct horse')).tenants).toMatchObject([{ slug, role: 'manager' }]);
    await json('member', 'set-password', '--email', email, '--password', 'another horse');
    await expect(sessions.resolveCaller(String(token))).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await sessions.login(email, 'another horse')).not.toHaveProperty('passwordChangeRequired');
    const { initialPassword } = await json('member', 'set-password', '--email', email);
    expect(await sessions.login(email, String(initialPassword))).toMatchObject({ passwordChangeRequired: true });
    const { token: later } = await json('token', '--email', email);
    expect(await sessions.resolveCaller(String(later))).toMatchObject({ tenantId });
    expect(await json('member', 'remove', ...member)).toMatchObject({ removed: true });
    expect(announced.length).toBeGreaterThanOrEqual(4);
  });

  it('prepares the demo as often as it is asked, with the same logins, all of which work', async () => {
    const first = (await hunfly('prepare', '--demo')).out;
    expect((await hunfly('prepare', '--demo')).out).toBe(first);
    const { logins } = JSON.parse(first) as { logins: { email: string; password: string; role: string }[] };
    expect(logins.map(({ role }) => role)).toEqual(['tenant_admin', 'manager', 'agent', 'agent']);
    const sessions = createSessions({
      database: db.database,
      clock: systemClock,
      secret: config.appJwtSecret,
      supabase: config.supabase,
    });
    for (const { email, password } of logins)
      expect((await sessions.login(email, password)).tenants).toMatchObject([{ slug: 'demo' }]);
    const accounts = await db.database.run(
      'test',
      (sql) =>
        sql`select provider from whatsapp_accounts a join tenants t on t.id = a.tenant_id where t.slug = 'demo' order by provider`,
    );
    expect(accounts).toEqual([{ provider: 'cloud' }, { provider: 'evolution' }]);
    expect(JSON.parse((await hunfly('prepare')).out)).toEqual({ logins: [], warnings: [] });
  });

  it('asks the running simulator for a scenario, and says when there is none', async () => {
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => void asked.push([request.url, JSON.parse(chunk.toString())]));
      request.on('end', () => response.end('{"messages":3}'));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    expect(await hunfly('simulate', '--scenario', 'rush')).toMatchObject({ code: 1 });
    const before = config;
    config = { ...config, simulatorUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` };
    expect(await json('simulate', '--scenario', 'rush', '--channel', 'c1')).toEqual({ messages: 3 });
    expect(asked).toEqual([['/simulator/api/scenario', { name: 'rush', channel: 'c1' }]]);
    server.close();
    config = before;
  });

  it('shows and drops a dead letter', async () => {
    const id = uuid7();
    await db.database.run(
      'test',
      (sql) => sql`
      insert into dead_letters (id, provider, reason, body, received_at, correlation_id)
      values (${id}, 'cloud', 'unknown_account', 'raw body', now(), 'c-1')`,
    );
    expect(await json('dead-letters', 'list')).toMatchObject({ items: [{ id, bytes: 8 }] });
    expect(await json('dead-letters', 'show', id)).toMatchObject({ id, body: 'raw body', state: 'open' });
    expect(await json('dead-letters', 'drop', id, '--reason', 'test data')).toMatchObject({ id, state: 'dropped' });
    expect(await hunfly('dead-letters', 'drop', id, '--reason', 'again')).toMatchObject({ code: 1 });
    expect(await json('dead-letters', 'retry', id)).toMatchObject({ error: { code: 'conflict' } });
    expect(await json('dead-letters', 'list')).toEqual({ items: [] });
    expect(await hunfly('dead-letters', 'show', uuid7())).toMatchObject({ code: 1 });
  });

  it('sends nothing to the terminal that a terminal would obey', async () => {
    const body = '\u001b]0;owned\u0007\u001b[2J\u009b31mred\r\n\tplain\u007f';
    const id = uuid7();
    await db.database.transaction('test.letter', async (tx) => {
      await tx`
        insert into dead_letters (id, provider, channel, reason, body, received_at, correlation_id)
        values (${id}, 'cloud', ${'ch\u001b[31m'}, 'unreadable', ${Buffer.from(body)}, now(), 'c-2')`;
    });
    const { out } = await hunfly('dead-letters', 'show', id);
    expect(out).toContain('\\u001b]0;owned\\u0007\\u001b[2J\\u009b31mred\\u000d\n\tplain\\u007f');
    expect(out).toContain('ch\\u001b[31m');
    const shown = await hunfly('dead-letters', 'show', id, '--json');
    expect(shown.out).not.toMatch(/[\u007f-\u009f]/);
    expect(JSON.parse(shown.out)).toMatchObject({ body, bodyBase64: Buffer.from(body).toString('base64') });
    await hunfly('dead-letters', 'drop', id, '--reason', 'test data');
  });
});
