/** Numbers tell by themselves how they are, come back by themselves, and what was missed is asked for. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccountDetails } from '../../../src/contract/accounts.ts';
import type { ProviderName } from '../../../src/contract/entities.ts';
import type { AccountId } from '../../../src/contract/ids.ts';
import { COMMANDS } from '../../../src/contract/commands.ts';
import type { Caller } from '../../../src/inbox/command.ts';
import { takeDue } from '../../../src/inbox/accounts/upkeep.ts';
import { fingerprint } from '../../../src/lib/hash.ts';
import { TEMPLATES } from '../../../src/providers/simulator/templates.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { ACCOUNTS, startSimulated, type Simulated } from '../../support/simulated.ts';
import { createTeam, eventsAfter, headOf, type Team } from '../../support/team.ts';
import { addSimulated, makeDue, startUpkeep, type Upkeep } from '../../support/upkeep.ts';

let db: TestDatabase;
let simulated: Simulated;
let upkeep: Upkeep;
let team: Team;
let admin: Caller;
const ids = {} as Record<ProviderName, AccountId>;

beforeAll(async () => {
  [db, simulated] = await Promise.all([createTestDatabase(), startSimulated()]);
  upkeep = await startUpkeep(db, simulated.simulator.url);
  team = await createTeam(db.database);
  admin = await team.member('tenant_admin');
  for (const provider of ['cloud', 'evolution', 'twilio'] as const) ids[provider] = await addSimulated(team, provider);
});
afterAll(async () => {
  await upkeep.stop();
  await simulated.stop();
  await db.drop();
});
beforeEach(async () => {
  await simulated.control('reset', {});
});

async function detailsOf(provider: ProviderName): Promise<AccountDetails> {
  const { items } = COMMANDS['account:list'].result.parse((await team.execute('account:list', {}, admin)).data);
  return items.find(({ account }) => account.id === ids[provider])!;
}

/** Says how the number is, has it checked, and returns how it is shown then. */
async function checked(provider: ProviderName, condition: Record<string, unknown>): Promise<AccountDetails> {
  await simulated.control('condition', { channel: ACCOUNTS[provider].channel, ...condition });
  await makeDue(team, ids[provider]);
  await upkeep.run('account-checks');
  return detailsOf(provider);
}

describe('a number', () => {
  it.each<[ProviderName, Record<string, unknown>, string, RegExp]>([
    ['cloud', { tokenExpired: true }, 'reauth', /access token/],
    ['cloud', { status: 'BANNED' }, 'disconnected', /banned/],
    ['cloud', { quality: 'RED' }, 'degraded', /quality/],
    ['evolution', { tokenExpired: true }, 'reauth', /key/],
    ['evolution', { connection: 'close' }, 'disconnected', /pair/],
    ['twilio', { tokenExpired: true }, 'reauth', /auth token/],
    ['twilio', { sender: 'OFFLINE' }, 'disconnected', /offline/],
  ])(
    'of %s that is %j is shown as %s with a reason, and comes back by itself',
    async (provider, condition, state, words) => {
      const head = await headOf(team);
      const bad = await checked(provider, condition);
      expect(bad.account.state).toBe(state);
      expect(bad.account.stateReason).toMatch(words);
      await simulated.control('reset', {});
      const good = await checked(provider, {});
      expect(good.account).toMatchObject({ state: 'connected', stateReason: null });
      expect(await eventsAfter(team, head)).toMatchObject([{ type: 'account.updated' }, { type: 'account.updated' }]);
    },
  );

  it('that connects for ever is disconnected after three minutes', async () => {
    expect((await checked('evolution', { connection: 'connecting' })).account.state).toBe('degraded');
    expect((await checked('evolution', {})).account.state).toBe('degraded');
    await db.database.run(
      'test.wait',
      (sql) =>
        sql`update account_upkeep set connecting_since = now() - interval '181 seconds' where account_id = ${ids.evolution}`,
    );
    expect((await checked('evolution', {})).account).toMatchObject({ state: 'disconnected' });
    expect((await checked('evolution', { connection: 'open' })).account.state).toBe('connected');
  });

  it('says its quality, limits and names, which only administrators see', async () => {
    const { health } = await checked('cloud', { quality: 'YELLOW' });
    expect(health).toMatchObject({ quality: 'YELLOW', throughput: 'STANDARD', messagingLimit: 'TIER_2K' });
  });

  it('that Meta has restricted stays so for an hour, whatever a check sees, until Meta takes it back', async () => {
    const say = async (event: string): Promise<void> => {
      const entry = { id: '200000000000001', time: 1, changes: [{ field: 'account_update', value: { event } }] };
      const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [entry] });
      await upkeep.receive('cloud', fingerprint(ACCOUNTS.cloud.secret), body);
      await upkeep.ingest();
    };
    await team.execute('account:update', { accountId: ids.cloud, businessId: '200000000000001' }, admin);
    await say('ACCOUNT_RESTRICTION');
    expect((await checked('cloud', {})).account).toMatchObject({ state: 'degraded' });
    await say('ACCOUNT_RECONNECTED');
    expect((await detailsOf('cloud')).account.state).toBe('connected');
    await say('ACCOUNT_RESTRICTION');
    await db.database.run(
      'test.hour',
      (sql) => sql`update account_upkeep set held_until = now() where account_id = ${ids.cloud}`,
    );
    expect((await checked('cloud', {})).account.state).toBe('connected');
  });

  it('is tested on demand, in words', async () => {
    const account = { accountId: ids.cloud };
    // The command calls the address that is stored with the account.
    await db.database.run(
      'test.url',
      (sql) => sql`update whatsapp_accounts set api_base_url = ${simulated.simulator.url}`,
    );
    expect((await team.execute('account:test', account, admin)).data).toMatchObject({ ok: true });
    await simulated.control('condition', { channel: ACCOUNTS.cloud.channel, tokenExpired: true });
    const { data } = await team.execute('account:test', account, admin);
    expect(data).toMatchObject({ ok: false, message: expect.stringMatching(/access token/) as string });
    expect(data.account.state).toBe('reauth');
    await checked('cloud', { tokenExpired: false });
  });

  it('is taken by one of several that look for what is due', async () => {
    for (const id of Object.values(ids)) await makeDue(team, id);
    const every = { cloud: 60_000, evolution: 60_000, twilio: 60_000 };
    const rounds = await Promise.all(
      Array.from({ length: 4 }, () => db.database.run('test.take', (sql) => takeDue(sql, 'check', every, 20))),
    );
    const taken = rounds.flat().map(({ accountId }) => accountId);
    expect(taken.sort()).toEqual(Object.values(ids).sort());
  });
});

describe('templates', () => {
  it.each(['cloud', 'twilio'] as const)(
    'of %s are read, searched, and refused where they are not approved',
    async (provider) => {
      const accountId = ids[provider];
      if (provider === 'cloud')
        await team.execute('account:update', { accountId, businessId: '200000000000001' }, admin);
      await makeDue(team, accountId);
      await upkeep.run('template-sync');
      const agent = await team.member('agent');
      const list = async (q: string) => (await team.execute('template:list', { accountId, q }, agent)).data.items;
      const all = await list('');
      expect(all).toHaveLength(TEMPLATES.length);
      expect((await list('ORDER')).map(({ body }) => body)).toEqual(['Hello {{1}}, your order {{2}} is on its way.']);
      expect(all.find(({ body }) => body.includes('order'))!.parameters).toEqual({
        // Twilio counts the address of the button among them.
        style: provider === 'cloud' ? 'positional' : 'named',
        names: ['1', '2'],
      });
      const paused = all.find(({ status }) => status === 'paused')!;
      const send = (name: string, language: string) =>
        team.execute(
          'message:send',
          { accountId, to: '+15550100188', kind: 'template', template: { name, language } },
          admin,
        );
      await expect(send(paused.name, paused.language)).rejects.toMatchObject({ code: 'unsupported' });
      const sendable = all.find(({ status, parameters }) => status === 'approved' && parameters.names.length === 0)!;
      const { message } = (await send(sendable.name, sendable.language)).data;
      expect(message).toMatchObject({ status: 'queued', text: sendable.body });
    },
  );

  it('follow what webhooks say', async () => {
    const value = {
      event: 'REJECTED',
      message_template_id: 1,
      message_template_name: 'hello',
      message_template_language: 'en',
      reason: 'NONE',
    };
    const entry = { id: '200000000000001', time: 1, changes: [{ field: 'message_template_status_update', value }] };
    await upkeep.receive(
      'cloud',
      fingerprint(ACCOUNTS.cloud.secret),
      JSON.stringify({ object: 'whatsapp_business_account', entry: [entry] }),
    );
    await upkeep.ingest();
    const { items } = (await team.execute('template:list', { accountId: ids.cloud, q: 'hello' }, admin)).data;
    expect(items.filter(({ name }) => name === 'hello').map(({ language, status }) => [language, status])).toEqual([
      ['pt_BR', 'approved'],
      ['en', 'rejected'],
    ]);
  });
});

describe('what was missed', () => {
  const texts = async (accountId: AccountId): Promise<string[]> => {
    const rows = await db.database.run(
      'test.texts',
      (sql) => sql<{ text: string }[]>`
        select text from messages where account_id = ${accountId} and direction = 'inbound' order by position`,
    );
    return rows.map(({ text }) => text);
  };

  it.each(['evolution', 'twilio'] as const)(
    '%s: twenty lost messages appear once, in order, beside those that came',
    async (provider) => {
      const { channel } = ACCOUNTS[provider];
      const accountId = ids[provider];
      const write = (text: string, atMs: number) =>
        simulated.control('customer-message', {
          channel,
          from: '15550100444',
          text,
          timestamp: new Date(atMs).toISOString(),
          wait: true,
        });
      const startMs = Date.now() - 120_000;
      await write('came', startMs);
      const came = simulated.catcher.caught.at(-1)!;
      const secret = fingerprint(ACCOUNTS[provider].secret);
      await upkeep.receive(provider, secret, came.body);
      await simulated.control('misbehave', { mode: 'lose' });
      for (let n = 1; n <= 20; n += 1) await write(`lost ${String(n)}`, startMs + n * 2000);
      await upkeep.ingest();
      expect(await texts(accountId)).toEqual(['came']);
      await makeDue(team, accountId);
      expect(await upkeep.run('reconcile')).toBe(20);
      await upkeep.ingest();
      const wanted = ['came', ...Array.from({ length: 20 }, (_, n) => `lost ${String(n + 1)}`)];
      expect((await texts(accountId)).sort()).toEqual([...wanted].sort());
      await makeDue(team, accountId);
      expect(await upkeep.run('reconcile')).toBe(0);
      expect(await upkeep.entries()).toEqual([]);
      expect((await detailsOf(provider)).reconciledAt).not.toBeNull();
    },
  );

  it('is marked as of our own making where webhooks are kept', async () => {
    const rows = await db.database.run(
      'test.journal',
      (sql) => sql<{ id: string; body: string }[]>`
        select correlation_id as id, convert_from(body, 'UTF8') as body from webhook_journal where correlation_id like 'reconcile-%'`,
    );
    expect(rows).toHaveLength(40);
    for (const { body } of rows) expect(body).toMatch(/reconciled/i);
  });

  it('is asked for when a busy number falls silent, once', async () => {
    await db.database.transaction('test.busy', async (tx) => {
      await tx`
        with people as (insert into contacts (tenant_id, display_name) select ${team.tenantId}, 'Customer ' || n
          from generate_series(1, 10) n returning id)
        insert into threads (tenant_id, account_id, contact_id, reply_type, reply_value)
          select ${team.tenantId}, ${ids.evolution}, id, 'wa_id', '1' from people`;
      await tx`update account_upkeep set heard_at = now() - interval '3 minutes', reconciled_at = now() - interval '1 hour',
        next_reconcile_at = now() + interval '1 hour' where tenant_id = ${team.tenantId}`;
    });
    expect(await upkeep.run('silence')).toBe(1);
    await upkeep.run('reconcile');
    expect(await upkeep.run('silence')).toBe(0);
  });
});
