/** What carriers say of numbers in errors, and what that does: with the message, with its status, or by itself. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Account } from '../../../src/contract/entities.ts';
import type { AccountId } from '../../../src/contract/ids.ts';
import { COMMANDS } from '../../../src/contract/commands.ts';
import type { Caller } from '../../../src/inbox/command.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import type { TestAccount } from '../../support/outbound.ts';
import { startSimulated, type Simulated } from '../../support/simulated.ts';
import { createTeam, eventsAfter, headOf, type Team } from '../../support/team.ts';
import { makeDue, startUpkeep, type Upkeep } from '../../support/upkeep.ts';

let db: TestDatabase;
let simulated: Simulated;
let upkeep: Upkeep;
let team: Team;
let admin: Caller;
let account: TestAccount;
let numbers = 0;

beforeAll(async () => {
  [db, simulated] = await Promise.all([createTestDatabase(), startSimulated()]);
  upkeep = await startUpkeep(db, simulated.simulator.url);
});
afterAll(async () => {
  await upkeep.stop();
  await simulated.stop();
  await db.drop();
});
beforeEach(async () => {
  team = await createTeam(db.database);
  admin = await team.member('tenant_admin');
  numbers += 1;
  account = { ...team.account, channel: String(100_000_000_001_000 + numbers) };
  await db.database.transaction('test.number', async (tx) => {
    await tx`
      update whatsapp_accounts set external_id = ${account.channel}, credential_at = now() - interval '1 day'
      where id = ${account.accountId}`;
    await tx`insert into account_upkeep (tenant_id, account_id) values (${team.tenantId}, ${account.accountId})`;
  });
  upkeep.paced.length = 0;
});

async function shown(accountId: AccountId = account.accountId): Promise<Account> {
  const { items } = COMMANDS['account:list'].result.parse((await team.execute('account:list', {}, admin)).data);
  return items.find((item) => item.account.id === accountId)!.account;
}

/** A webhook of this number, as Meta posts it, taken in. */
async function says(value: Record<string, unknown>): Promise<void> {
  const metadata = { display_phone_number: '15550100000', phone_number_id: account.channel };
  const change = { field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } };
  const body = { object: 'whatsapp_business_account', entry: [{ id: '1', changes: [change] }] };
  await upkeep.receive('cloud', 'global', JSON.stringify(body));
  await upkeep.ingest();
}

const failed = (id: string, code: number): Record<string, unknown> => ({
  ...{ id, status: 'failed', timestamp: String(Math.floor(Date.now() / 1000)), recipient_id: '15550100101' },
  errors: [{ code, title: 'x' }],
});

/** Threads whose window is open, each with a message that the carrier took a moment ago. */
async function sentIn(count: number): Promise<{ readonly threadIds: string[]; readonly ids: string[] }> {
  const { tenantId } = team;
  const { accountId } = account;
  const threadIds = Array.from({ length: count }, () => uuid7());
  const ids = threadIds.map((id) => `wamid.${id}`);
  await db.database.transaction('test.sent', async (tx) => {
    await tx`insert into contacts (tenant_id, id, display_name) select ${tenantId}, t, 'Ada' from unnest(${threadIds}::uuid[]) t`;
    await tx`
      insert into threads (tenant_id, id, account_id, contact_id, reply_type, reply_value, window_expires_at)
      select ${tenantId}, t, ${accountId}, t, 'wa_id', '15550100101', now() + interval '10 hours' from unnest(${threadIds}::uuid[]) t`;
    await tx`
      insert into messages (tenant_id, thread_id, account_id, direction, kind, text, send_state, status, author_type, sent_at,
        received_at, position, provider_message_id, at_sent)
      select ${tenantId}, t, ${accountId}, 'outbound', 'text', 'late', 'accepted', 'sent', 'member', now(), now(), '1', p, now()
      from unnest(${threadIds}::uuid[], ${ids}::text[]) as x (t, p)`;
  });
  return { threadIds, ids };
}

async function openCount(threadIds: readonly string[]): Promise<number> {
  const [row] = await db.database.run(
    'test.open',
    (sql) => sql<{ count: number }[]>`
      select count(*)::int as count from threads where id = any (${[...threadIds]}::uuid[]) and window_expires_at > now()`,
  );
  return row!.count;
}

describe('messages that fail after they were taken', () => {
  it('close a thousand windows in a few transactions, and once', async () => {
    const { threadIds, ids } = await sentIn(1000);
    const statuses = ids.map((id) => failed(id, 131_047));
    upkeep.calls.length = 0;
    await says({ statuses });
    expect(await openCount(threadIds)).toBe(0);
    expect(upkeep.calls.filter((name) => name.startsWith('ingest.close'))).toHaveLength(2);
    const head = await headOf(team);
    await says({ statuses });
    expect(await eventsAfter(team, head)).toEqual([]);
  });

  it('harm no neighbour where Postgres refuses one of them', async () => {
    const { threadIds, ids } = await sentIn(9);
    await db.database.transaction('test.refuse', async (tx) => {
      await tx`update threads set reply_value = 'refused' where id = ${threadIds[4]!}`;
      await tx`create function refuse() returns trigger language plpgsql as $$ begin raise exception using errcode = '22000'; end $$`;
      await tx`create trigger refuse before update of window_expires_at on threads for each row
        when (new.reply_value = 'refused') execute function refuse()`;
    });
    await says({ statuses: ids.map((id) => failed(id, 131_047)) });
    await db.database.run('test.allow', (sql) => sql`drop trigger refuse on threads`);
    expect(await openCount(threadIds)).toBe(1);
    expect(await openCount([threadIds[4]!])).toBe(1);
  });

  it('stop the number where a person must act, with what to do; it says so once', async () => {
    const { ids } = await sentIn(3);
    const head = await headOf(team);
    await says({ statuses: ids.map((id) => failed(id, 190)) });
    const { state, stateReason } = await shown();
    expect(state).toBe('reauth');
    expect(stateReason).toMatch(/connect the number again\. Make a new system user token/);
    const types = (await eventsAfter(team, head)).map(({ type }) => type);
    expect(types.filter((type) => type === 'account.updated')).toHaveLength(1);
  });

  it('stop no number whose token was replaced after they were sent', async () => {
    const { ids } = await sentIn(1);
    await team.execute('account:update', { accountId: account.accountId, accessToken: 'another' }, admin);
    await says({ statuses: [failed(ids[0]!, 190)] });
    expect((await shown()).state).toBe('connected');
  });

  it('limit a number that customers reported: everybody sees it, and it rests', async () => {
    const { ids } = await sentIn(2);
    await says({ statuses: [failed(ids[0]!, 131_048), failed(ids[1]!, 130_429)] });
    expect(await shown()).toMatchObject({ state: 'degraded', stateReason: expect.stringMatching(/spam/) as string });
    expect(upkeep.paced.sort()).toEqual([`rest ${account.accountId}`, `slow ${account.accountId}`]);
  });
});

describe('errors of the number itself', () => {
  const error = (code: number) => says({ errors: [{ code, title: 'x', message: 'x' }] });

  it.each([
    [190, 'reauth', /Make a new system user token/],
    [131_042, 'reauth', /payment/],
    [131_048, 'degraded', /spam/],
  ])('%s shows it as %s with what to do', async (code, state, words) => {
    await error(code);
    expect(await shown()).toMatchObject({ state, stateReason: expect.stringMatching(words) as string });
  });

  it('that pass by themselves change nothing but its pace', async () => {
    await error(130_429);
    await error(131_000);
    expect((await shown()).state).toBe('connected');
    expect(upkeep.paced).toEqual([`slow ${account.accountId}`]);
  });

  it('are not made better by a lesser one', async () => {
    await error(131_042);
    await error(131_048);
    expect((await shown()).state).toBe('reauth');
  });
});

describe('a stopped number', () => {
  const check = async (): Promise<Account> => {
    await makeDue(team, account.accountId);
    await upkeep.run('account-checks');
    return await shown();
  };

  beforeEach(async () => {
    const { channel, accountId } = account;
    const cloud = { provider: 'cloud', channel, phone: '15550100000', secret: 's', accessToken: 'good' };
    await simulated.control('accounts', { accounts: [cloud] });
    await team.execute('account:update', { accountId, accessToken: 'good' }, admin);
    await db.database.run(
      'test.reached',
      (sql) => sql`update whatsapp_accounts set api_base_url = ${simulated.simulator.url} where id = ${accountId}`,
    );
    expect((await check()).state).toBe('connected');
    await db.database.run(
      'test.dated',
      (sql) => sql`update whatsapp_accounts set credential_at = now() - interval '1 day' where id = ${accountId}`,
    );
    await says({ errors: [{ code: 131_042, title: 'x' }] });
    expect((await check()).state).toBe('reauth');
  });

  it('sends nothing', async () => {
    const send = { accountId: account.accountId, to: '+15550100188', kind: 'text', text: 'hello' } as const;
    await expect(team.execute('message:send', send, admin)).rejects.toMatchObject({ code: 'channel_down' });
  });

  it('comes back when an administrator tests it and it works', async () => {
    const { data } = await team.execute('account:test', { accountId: account.accountId }, admin);
    expect(data.account.state).toBe('connected');
  });

  it('comes back when it is connected anew', async () => {
    await team.execute('account:update', { accountId: account.accountId, accessToken: 'good' }, admin);
    expect((await check()).state).toBe('connected');
  });
});

it('a number without a token says that it has none, until it has one', async () => {
  const { accountId } = account;
  await makeDue(team, accountId);
  await upkeep.run('account-checks');
  expect(await shown()).toMatchObject({
    state: 'reauth',
    stateReason: expect.stringMatching(/No access token/) as string,
  });
  await team.execute('account:update', { accountId, accessToken: 'token' }, admin);
  expect((await shown()).state).toBe('degraded');
});
