import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller, CommandContext } from '../../../src/inbox/command.ts';
import { abilityFor } from '../../../src/inbox/team/ability.ts';
import { searchThreads } from '../../../src/inbox/threads/search.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import type { Tx } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { readBy, type ReadNode } from '../../support/read-rows.ts';
import { createTeam, giveTo, type Team } from '../../support/team.ts';

const THREADS = 3000;

/** Of any node of a plan: less than a third of the threads, a twelfth of the messages. */
const MOST_READ = 900;

let db: TestDatabase;
let team: Team;
let lead: Caller;

/** Thread n, the first the oldest: of `Customer n`, number 4917000000 and n, who writes four times of `order n`. */
async function fill(): Promise<void> {
  const { tenantId, accountId } = team.account;
  await db.database.transaction('test.fill', async (tx) => {
    await tx`insert into contacts (tenant_id, id, display_name)
      select ${tenantId}, ('10000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Customer ' || n
      from generate_series(1, ${THREADS}) n`;
    await tx`insert into contact_addresses (tenant_id, type, match_key, value, contact_id)
      select tenant_id, 'wa_id', number, number, id from contacts, concat('49170000', right(id::text, 4)) number`;
    await tx`insert into threads (tenant_id, id, account_id, contact_id, reply_type, reply_value, last_activity_at)
      select ${tenantId}, ('2' || right(c.id::text, 35))::uuid, ${accountId}, c.id, 'wa_id', '1',
        '2026-01-01'::timestamptz + right(c.id::text, 4)::int * interval '1 minute' from contacts c`;
    await tx`insert into messages (tenant_id, thread_id, account_id, direction, kind, text, status, author_type, sent_at,
        received_at, position, provider_message_id)
      select t.tenant_id, t.id, t.account_id, 'inbound', 'text', 'Order ' || right(t.id::text, 4)::int || ', part ' || n,
        'received', 'contact', now(), now(), '176000000000' || n || '-1760000000000-0-0', t.id || '-' || n
      from threads t, generate_series(1, 4) n`;
  });
}

const idOf = (n: number): string => `20000000-0000-7000-8000-${String(n).padStart(12, '0')}`;

async function change(n: number, to: { name?: string; text?: string }): Promise<void> {
  await db.database.transaction('test.change', async (tx) => {
    const { name, text } = to;
    if (name !== undefined)
      await tx`update contacts c set display_name = ${name} from threads t where t.id = ${idOf(n)} and c.id = t.contact_id`;
    // The oldest message, so that the newest do not tell.
    if (text !== undefined)
      await tx`update messages set text = ${text} where thread_id = ${idOf(n)} and position like '1760000000001%'`;
  });
}

/** Who is called `Nobody` now is two others as well, the first of them `Customer of yore`. */
async function mergeIntoNobody(n: number): Promise<void> {
  await change(n, { name: 'Nobody' });
  await db.database.transaction('test.merge', async (tx) => {
    const merged = await tx<{ id: string; into: string }[]>`
      with nobody as (select tenant_id, contact_id as id from threads where id = ${idOf(n)}),
        middle as (insert into contacts (tenant_id, display_name, merged_into)
          select tenant_id, 'Middle', id from nobody returning *),
        yore as (insert into contacts (tenant_id, display_name, merged_into)
          select tenant_id, 'Customer of yore', id from middle returning *)
      select id, merged_into as into from middle union all select id, merged_into from yore`;
    for (const { id, into } of merged)
      await tx`insert into contact_merges (tenant_id, id, from_contact_id, into_contact_id, merged_by, before)
        values (${team.tenantId}, ${uuid7()}, ${id}, ${into}, ${lead.memberId}, '{}')`;
  });
}

beforeAll(async () => {
  db = await createTestDatabase();
  team = await createTeam(db.database);
  lead = await team.member('manager');
  await fill();
  await change(1, { name: 'Žofie 王伟', text: 'the kettle whistles' });
  await change(2, { name: 'Ivan Иванович 💐', text: 'zzz' });
  await mergeIntoNobody(9);
  await db.database.run('test.analyze', (sql) => sql`vacuum analyze`);
});
afterAll(async () => {
  await db.drop();
});

async function find(filter: object, caller = lead): Promise<string[]> {
  const found: string[] = [];
  let after: string | undefined;
  for (;;) {
    const { data } = await team.execute('thread:list', { ...filter, limit: 100, after }, caller);
    found.push(...data.items.map(({ id }) => id));
    if (data.nextCursor === null) return found;
    after = data.nextCursor;
  }
}

const down = (from: number, to: number): string[] =>
  Array.from({ length: from - to + 1 }, (_, index) => idOf(from - index));

describe('what many have', () => {
  it('is found from the oldest on where that is asked', async () => {
    expect(await find({ q: 'part order', order: 'oldest' })).toEqual(down(THREADS, 1).reverse());
  });

  it.each([
    ['words', 'part order', down(THREADS, 1)],
    ['a part of the name', 'stome', down(THREADS, 3)],
    ['a letter of it', 'm', down(THREADS, 3)],
    ['a part of the number', '+49 (170) 00', down(THREADS, 1)],
  ])('is found by %s, newest activity first, page by page, in all of them', async (_title, q, all) => {
    expect(await find({ q })).toEqual(all);
  });

  it('is found in the few that a member may see, however old they and the message are', async () => {
    const ana = await team.member('agent');
    await giveTo(team, idOf(7) as never, ana.memberId);
    await giveTo(team, idOf(8) as never, ana.memberId);
    await change(8, { text: 'Order given back' });
    expect(await find({ q: 'order', assignee: 'me' }, ana)).toEqual([idOf(8), idOf(7)]);
    expect(await find({ q: 'order back', assignee: 'me' }, ana)).toEqual([idOf(8)]);
  });
});

describe('what few have', () => {
  it.each([
    ['a word', 'kettle', [1]],
    ['a word beside a common one', 'order 81', [81, ...Array.from({ length: 10 }, (_, digit) => 810 + digit)]],
    ['a name beside a common one', 'customer 815', [815, 1815, 2815]],
    ['a name of before a merge', 'yore', [9]],
    ['a whole number', '+49 170 000 0815', [815]],
    ['the end of one', '00815', [815]],
    ['a letter', 'ž', [1]],
    ['a letter of another script', '伟', [1]],
    ['two', '王伟', [1]],
    ['a part of a word of another script', 'нович', [2]],
    ['a picture', '💐', [2]],
    ['words with letters of several', 'ivan иван', [2]],
    ['nothing', 'quibble', []],
  ])('is found by %s in the oldest', async (_title, q, threads) => {
    expect((await find({ q })).sort()).toEqual(threads.map(idOf).sort());
  });
});

const reading = (q: string): Promise<ReadNode[]> =>
  readBy(db.url, team.tenantId, (tx) => {
    const ability = abilityFor({ memberId: lead.memberId, role: 'manager', agentVisibility: 'all' });
    const context = { tx, caller: lead, ability } as unknown as CommandContext;
    return searchThreads(context, q, { filter: {}, order: 'newest', after: null, limit: 51 });
  });

const tooMuch = (nodes: readonly ReadNode[]): ReadNode[] =>
  nodes.filter(
    ({ type, on, rows }) =>
      rows > MOST_READ || (type === 'Seq Scan' && /^(threads|messages|contacts|contact_addresses)$/.test(on)),
  );

describe('what Postgres reads for it, also inside functions,', () => {
  it.each([
    'order',
    'o',
    'customer',
    '49170',
    'part order',
    'kettle',
    'customer 2815',
    'ž',
    '王伟',
    '💐',
    '0815',
    'quibble',
  ])('for %j is little of the business, by indexes only', async (q) => {
    const nodes = await reading(q);
    expect(nodes.map(({ on }) => on)).toContain('threads_by_activity');
    expect(tooMuch(nodes)).toEqual([]);
  });

  it.each([
    ['a word', 'kettle', 'messages_search'],
    ['a name', 'customer 2815', 'contacts_by_name'],
    ['a letter', 'ž', 'contacts_by_letters'],
    ['a number', '0815', 'contact_addresses_by_value'],
  ])('for %s that few have is an index of such', async (_title, q, index) => {
    expect((await reading(q)).map(({ on }) => on)).toContain(index);
  });

  it('is noticed where it is a whole table or all that is to be sorted', async () => {
    const nodesOf = (work: (tx: Tx) => Promise<unknown>): Promise<ReadNode[]> => readBy(db.url, team.tenantId, work);
    const indexed = await nodesOf((tx) => tx`select search_threads('order', 500)`);
    expect(tooMuch(indexed).map(({ on }) => on)).toContain('messages_search');
    const sorted = await nodesOf((tx) => tx`select id from threads order by version, id limit 1`);
    expect(tooMuch(sorted).map(({ type }) => type)).toEqual(['Seq Scan']);
  });
});
