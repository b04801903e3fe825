/** `hunfly account` and `hunfly tenant set`: what they leave in the database, and what they refuse. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI_COMMANDS } from '../../src/cli/commands.ts';
import type { CliContext } from '../../src/cli/command.ts';
import { runCli } from '../../src/cli/run.ts';
import type { LoggedEvent } from '../../src/inbox/event-log.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { loadConfig } from '../../src/platform/config.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { ACCOUNTS, startSimulated, type Simulated } from '../support/simulated.ts';

let db: TestDatabase;
let simulated: Simulated;
let context: CliContext;
const announced: LoggedEvent[] = [];
const slug = `numbers-${uuid7()}`;
let account: string[];

beforeAll(async () => {
  [db, simulated] = await Promise.all([createTestDatabase(), startSimulated()]);
  const config = loadConfig({
    DATABASE_URL: db.url,
    REDIS_URL: 'redis://127.0.0.1:1',
    APP_JWT_SECRET: 'x'.repeat(40),
    ENCRYPTION_KEY: randomBytes(32).toString('hex'),
  });
  context = {
    config,
    log: silentLog,
    clock: systemClock,
    database: () => db.database,
    announce: (logged) => Promise.resolve(void announced.push(...logged)),
  };
  await hunfly('tenant', 'create', '--slug', slug, '--name', 'Numbers');
  const { channel, accessToken } = ACCOUNTS.evolution;
  const given = ['--provider', 'evolution', '--name', 'Shop', '--external-id', channel, '--access-token', accessToken];
  const added = await hunfly('account', 'add', '--tenant', slug, ...given, '--api-base-url', simulated.simulator.url);
  account = ['--tenant', slug, '--account', String(added.json['accountId'])];
});
afterAll(async () => {
  await simulated.stop();
  await db.drop();
});

async function hunfly(...argv: string[]): Promise<{ code: number; json: Record<string, unknown>; err: string }> {
  let out = '';
  let err = '';
  const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
  const { exitCode } = await runCli([...argv, '--json'], { commands: CLI_COMMANDS, io, context });
  return { code: exitCode, json: JSON.parse(out) as Record<string, unknown>, err };
}

const listed = async (): Promise<unknown> => (await hunfly('account', 'list', '--tenant', slug)).json['items'];

/** Types of what running gateways were told since the last call. */
const told = (): string[] => announced.splice(0).map(({ type }) => type);

describe('hunfly account', () => {
  it('edits what is given and nothing else, and shows no credential', async () => {
    told();
    const change = ['--name', 'Flagship', '--secret', 'first-secret', '--read-receipts', 'never'];
    expect(await hunfly('account', 'edit', ...account, ...change)).toMatchObject({ code: 0 });
    expect(await hunfly('account', 'edit', ...account, '--add-secret', 'second-secret')).toMatchObject({ code: 0 });
    expect(told()).toEqual(['account.updated', 'account.updated']);
    const items = await listed();
    expect(items).toMatchObject([
      {
        account: { name: 'Flagship' },
        ...{ secrets: 2, hasAccessToken: true, readReceipts: 'never', apiBaseUrl: simulated.simulator.url },
      },
    ]);
    expect(JSON.stringify(items)).not.toMatch(/first-secret|second-secret|evolution-key/);
    expect(await hunfly('account', 'edit', ...account, '--drop-first-secret')).toMatchObject({ code: 0 });
    expect(await listed()).toMatchObject([{ secrets: 1 }]);
  });

  it('takes a Twilio sender only as Twilio names it, since no webhook would be for another', async () => {
    const add = (externalId: string) =>
      hunfly(
        ...['account', 'add', '--tenant', slug, '--provider', 'twilio', '--name', 'T', '--external-id', externalId],
      );
    for (const wrong of ['+15550100998', 'whatsapp:15550100998', 'MG00000000000000000000000000000001']) {
      const { code, json } = await add(wrong);
      expect([code, json]).toMatchObject([2, { error: { code: 'invalid_input' } }]);
    }
    expect((await add('whatsapp:+15550100998')).code).toBe(0);
  });

  it('adds a number with everything it can be told, and takes away what is cleared', async () => {
    const given = ['--provider', 'cloud', '--name', 'Second', '--external-id', '4711', '--phone', '+15550100999'];
    const more = ['--business-id', '200000000000009', '--read-receipts', 'on_reply', '--coexistence', 'yes'];
    const secrets = ['--secret', 'own', '--access-token', 'token'];
    const added = await hunfly('account', 'add', '--tenant', slug, ...given, ...more, ...secrets);
    const second = ['--tenant', slug, '--account', String(added.json['accountId'])];
    const shown = async () =>
      ((await listed()) as { externalId: string }[]).find(({ externalId }) => externalId === '4711');
    expect(await shown()).toMatchObject({
      ...{
        businessId: '200000000000009',
        readReceipts: 'on_reply',
        coexistence: true,
        secrets: 1,
        hasAccessToken: true,
      },
    });
    const edit = (...change: string[]) => hunfly('account', 'edit', ...second, ...change);
    expect(await edit('--clear', 'phone,business-id,secret,access-token', '--coexistence', 'no')).toMatchObject({
      code: 0,
    });
    expect(await shown()).toMatchObject({
      ...{ account: { name: 'Second', phone: null }, businessId: null, coexistence: false },
      ...{ readReceipts: 'on_reply', secrets: 0, hasAccessToken: false },
    });
    expect(await edit('--clear', 'name')).toMatchObject({ code: 2, err: expect.stringContaining('--clear') as string });
    expect(await edit('--clear', 'phone', '--phone', '+15550100998')).toMatchObject({ code: 2 });
    expect(await edit('--coexistence', 'perhaps')).toMatchObject({ code: 2 });
  });

  it('asks the carrier, and ends with 1 where the number does not work', async () => {
    expect(await hunfly('account', 'pair', ...account)).toMatchObject({ code: 0, json: { qr: null } });
    expect(await hunfly('account', 'test', ...account)).toMatchObject({ code: 0, json: { ok: true } });
    await simulated.control('pairing', { channel: ACCOUNTS.evolution.channel, action: 'unlink' });
    expect(await hunfly('account', 'test', ...account)).toMatchObject({ code: 1, json: { ok: false } });
    const { json } = await hunfly('account', 'pair', ...account);
    expect(json).toMatchObject({ qr: { pairingCode: expect.any(String) as string } });
  });

  it('takes a number out of use and back, and tells gateways once', async () => {
    told();
    for (const word of ['disable', 'disable', 'enable', 'enable']) {
      expect(await hunfly('account', word, ...account)).toMatchObject({
        code: 0,
        json: { disabled: word === 'disable' },
      });
    }
    expect(told()).toEqual(['account.updated', 'account.updated']);
  });

  it.each([
    [['edit', '--phone', '12'], 2, 'invalid_input', 'E.164'],
    [['edit'], 2, 'invalid_input', 'nothing to change'],
    [['edit', '--secret', 'a', '--add-secret', 'b'], 2, 'invalid_input', 'one of --secret, --add-secret'],
    [['edit', '--clear', 'secret', '--drop-first-secret'], 2, 'invalid_input', 'one of --secret, --add-secret'],
    [['edit', '--drop-first-secret'], 1, 'conflict', 'no two secrets'],
    [['edit', '--read-receipts', 'soon'], 2, 'invalid_input', '--read-receipts must be one of'],
    [['disable', '--account', uuid7()], 1, 'not_found', 'no such WhatsApp number'],
    [['test', '--account', uuid7()], 1, 'not_found', 'no such WhatsApp number'],
    [['pair', '--account', 'mine'], 2, 'invalid_input', '--account must be an id'],
    [['enable', '--tenant', 'nobody'], 1, 'not_found', 'no tenant nobody'],
  ])('refuses %j with %d and %s', async ([word = '', ...rest], exitCode, errorCode, words) => {
    const { code, json, err } = await hunfly('account', word, ...account, ...rest);
    expect({ code, error: (json['error'] as { code: string }).code }).toEqual({ code: exitCode, error: errorCode });
    expect(err).toContain(words);
  });
});

describe('hunfly tenant set', () => {
  const set = (visibility: string): ReturnType<typeof hunfly> =>
    hunfly('tenant', 'set', '--tenant', slug, '--agent-visibility', visibility);

  it('logs a change that live sockets act on, and nothing when it is so already', async () => {
    told();
    expect(await set('all')).toMatchObject({ code: 0, json: { agentVisibility: 'all' } });
    expect(announced.map(({ event }) => JSON.parse(event) as unknown)).toMatchObject([
      { type: 'tenant.updated', data: { agentVisibility: 'all' } },
    ]);
    told();
    await set('all');
    expect(told()).toEqual([]);
    expect(await set('everything')).toMatchObject({ code: 2, json: { error: { code: 'invalid_input' } } });
  });

  const keep = (days: string): ReturnType<typeof hunfly> =>
    hunfly('tenant', 'set', '--tenant', slug, '--keep-days', days);

  it('sets for how long conversations are kept, off until then, and says what is set and when it begins', async () => {
    const shown = (): ReturnType<typeof hunfly> => hunfly('tenant', 'set', '--tenant', slug);
    expect(await shown()).toMatchObject({ code: 0, json: { keepDays: null, actsFrom: null, agentVisibility: 'all' } });
    const { json } = await keep('30');
    expect(json).toMatchObject({ keepDays: 30, over: 0, agentVisibility: 'all' });
    expect(Date.parse(String(json['actsFrom'])) - Date.now()).toBeGreaterThan(23 * 3_600_000);
    await keep('30');
    expect((await shown()).json).toEqual(json);
    expect((await keep('off')).json).toMatchObject({ keepDays: null, actsFrom: null });
    const audited = await db.database.run(
      'test.audit',
      (sql) => sql<{ details: unknown; by: string }[]>`
        select details, actor_type as by from audit_log where action = 'tenant.term_set' order by id`,
    );
    expect([...audited]).toEqual([
      { details: { keepDays: 30 }, by: 'operator' },
      { details: { keepDays: null }, by: 'operator' },
    ]);
  });

  it.each(['29', '0', '-1', '36501', '1e3', '30.5', 'ever', ''])('refuses to keep for %j days', async (days) => {
    const { code, json, err } = await keep(days);
    expect(json).toMatchObject({ error: { code: 'invalid_input' } });
    expect(code).not.toBe(0);
    expect(err).toContain('keep-days');
    expect((await hunfly('tenant', 'set', '--tenant', slug)).json).toMatchObject({ keepDays: null });
  });
});
