/** Messages end the same whether each comes by itself, a few plain ones in a batch, or with others: each has its way. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantId } from '../../../src/contract/ids.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import type { Database } from '../../../src/platform/postgres.ts';
import type { MessageEvent, Party } from '../../../src/providers/inbound.ts';
import { createBrokenDatabase, createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { ADA, apply, createTenant, message, part, person, threadRows, T0 } from '../../support/ingest.ts';
import { waitFor } from '../../support/wait.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

const CHANNEL = '100000000000001';
/** So many that one of them is nearly always more than plain: then all of the batch goes the long way. */
const MANY = 24;
const FEW = 4;
/** Courses that a control may take until one shows the defect: far more than it ever takes. */
const UNTIL_FOUND = 300;
const BOB = person('15550100102', 'Bob Example');
/** Two people; the second tells more of himself at times. */
const CUSTOMERS: readonly Party[] = [
  ADA,
  BOB,
  { ...BOB, name: 'Robert Example' },
  { ...BOB, addresses: [...BOB.addresses, { type: 'bsuid', value: 'US.13491208655302741918' }] },
];

const said = fc.record({
  id: fc.nat(99),
  by: fc.nat(3),
  second: fc.nat(40),
  over: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Partial<MessageEvent>>({}, { text: 'two\n lines' }, { forwarded: true }) },
    fc.constantFrom<Partial<MessageEvent>>(
      { type: 'location', text: null, content: { location: { latitude: 1, longitude: 2, name: null, address: null } } },
      { contextId: 'w-quoted' },
      { history: true },
      { type: 'system', text: 'a notice' },
      { direction: 'outbound', origin: 'phone' },
    ),
  ),
});
type Said = typeof said extends fc.Arbitrary<infer T> ? T : never;

/** Always among what comes: what is set in her conversation before is told only once she writes. */
const ADAS: Said = { id: 100, by: 0, second: 20, over: {} };

/** How the conversations stand before, what comes, and which of it comes again. */
const course = fc.record({
  before: fc.constantFrom('open', 'pending', 'snoozed', 'resolved'),
  all: fc
    .uniqueArray(said, { minLength: MANY, maxLength: 30, selector: ({ id }) => id })
    .map((all) => [...all, ADAS])
    .chain((all) => fc.subarray(all, { maxLength: 4 }).map((again) => [...all, ...again])),
});

const eventOf = ({ id, by, second, over }: Said): MessageEvent =>
  message(CHANNEL, `w-${String(id)}`, { atMs: T0 + second * 100, chat: CUSTOMERS[by] ?? ADA, ...over });

/** What stands in the end and what was told meanwhile, without what differs from database to database. */
async function endOf(
  { database }: TestDatabase,
  { before, batches }: { before: string; batches: readonly (readonly ReturnType<typeof part>[])[] },
): Promise<unknown> {
  const account = await createTenant(database, CHANNEL);
  const { tenantId } = account;
  await apply(database, account, [GREETING]);
  await database.run(
    'test.before',
    (sql) => sql`update threads set status = ${before}, snoozed_until = case when ${before} = 'snoozed' then now() end
      where tenant_id = ${tenantId}`,
  );
  for (const batch of batches) await apply(database, account, batch);
  return {
    threads: (await threadRows(database, tenantId)).map(comparable).sort(byPhone),
    ...(await messagesOf(database, tenantId)),
  };
}

/** One of the customers is known already, the other one's first message is among those that come. */
const GREETING = part([message(CHANNEL, 'w-hello', { chat: ADA, atMs: T0 - 1000 })]);

/** What differs from tenant to tenant, and how often a thread was written. */
const OWN = new Set(['id', 'tenantId', 'accountId', 'version', 'createdAt', 'contact']);

function comparable(thread: Record<string, unknown>): Record<string, unknown> {
  const { contact, lastMessage } = thread as Record<string, Record<string, unknown>>;
  const kept = Object.fromEntries(Object.entries(thread).filter(([name]) => !OWN.has(name)));
  return { ...kept, phone: contact?.['phone'], lastMessage: { ...lastMessage, id: null } };
}

const byPhone = (a: Record<string, unknown>, b: Record<string, unknown>): number =>
  String(a['phone']).localeCompare(String(b['phone']));

/** Rows as clients see them, what `message.created` told of each, and whether the last events tell what stands. */
async function messagesOf(database: Database, tenantId: TenantId): Promise<object> {
  const [found] = await database.run(
    'test.messages',
    (sql) => sql<{ rows: object[]; told: object[]; opened: object[]; stale: number; seqs: boolean }[]>`
      select
        (select json_agg(e.entity::jsonb - '{id,threadId,accountId,version,author,replyTo}'::text[]
            order by m.provider_message_id, m.direction)
          from message_entities e join messages m on m.tenant_id = e.tenant_id and m.id = e.id where e.tenant_id = ${tenantId}) as rows,
        (select json_agg((v.data->'message')::jsonb - '{id,threadId,accountId,version,author,replyTo,backlog}'::text[]
            || jsonb_build_object('receivedAtMs', v.received_at_ms, 'before', v.assignee_before)
            order by v.data->'message'->>'providerMessageId', v.data->'message'->>'direction')
          from tenant_events v where v.tenant_id = ${tenantId} and v.type = 'message.created') as told,
        (select json_agg(json_build_object('created', v.created, 'version', v.data->'thread'->'version',
            'unread', v.data->'thread'->'unreadCount' is not null, 'at', v.received_at_ms) order by v.seq)
          from tenant_events v where v.tenant_id = ${tenantId} and v.type = 'thread.created') as opened,
        (select count(*)::int from threads t join thread_entities e on e.tenant_id = t.tenant_id and e.id = t.id
          where t.tenant_id = ${tenantId} and (select v.data->>'thread' from tenant_events v
            where v.tenant_id = t.tenant_id and v.thread_id = t.id and v.type like 'thread.%' order by v.seq desc limit 1) <> e.entity::text) as stale,
        (select max(v.seq) = count(*) and max(v.seq) = max(l.head) from tenant_events v
          join tenant_logs l on l.tenant_id = v.tenant_id where v.tenant_id = ${tenantId}) as seqs`,
  );
  return found ?? {};
}

function batchesOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}

const sameEnd = (
  of: TestDatabase,
): fc.IAsyncPropertyWithHooks<[typeof course extends fc.Arbitrary<infer T> ? T : never]> =>
  fc.asyncProperty(course, async ({ before, all }) => {
    const parts = all.map((one) => part([eventOf(one)]));
    const together = await endOf(of, { before, batches: [parts] });
    expect(together).toMatchObject({ stale: 0, seqs: true });
    for (const size of [1, FEW]) {
      expect(
        await endOf(of, { before, batches: batchesOf(parts, size) }),
        `${String(size)} by ${String(size)}`,
      ).toEqual(together);
    }
  });

const CROWD = Array.from({ length: 8 }, (_, n) => person(`1555010020${String(n)}`));

/** Forty messages of eight customers at once, so many in a batch: how many events and numbers, and how far these go. */
async function numbersOf({ database }: TestDatabase, size: number): Promise<unknown> {
  const account = await createTenant(database, CHANNEL);
  await apply(database, account, [part(CROWD.map((chat, n) => message(CHANNEL, `hello-${String(n)}`, { chat })))]);
  const parts = Array.from({ length: 40 }, (_, n) =>
    part([message(CHANNEL, `w-${String(n)}`, { chat: CROWD[n % CROWD.length] ?? ADA })]),
  );
  await Promise.all(batchesOf(parts, size).map((batch) => apply(database, account, batch)));
  const [found] = await database.run(
    'test.numbers',
    (sql) => sql<object[]>`
      select count(*)::int as events, count(distinct v.seq)::int as numbers,
        max(v.seq)::int as last, max(l.head)::int as head
      from tenant_events v join tenant_logs l on l.tenant_id = v.tenant_id where v.tenant_id = ${account.tenantId}`,
  );
  return found;
}

/** What each short way is called in Postgres, and how its text changes when it takes any message for the latest. */
const CARELESS = [
  {
    way: 1,
    name: 'go_on_with_thread',
    right: 'greatest(t.last_activity_at, ms(i.sent_ms))',
    wrong: 'ms(i.sent_ms)',
  },
  { way: FEW, name: 'write_arrivals', right: 'greatest(t.last_activity_at, s.at)', wrong: 's.at' },
];
/** The same for one that does not lock the counter, or reads it before it has the lock. */
const UNLOCKED = [
  {
    size: 1,
    name: 'ingest_arrival',
    right: 'head = l.head + 2',
    wrong: 'head = (select k.head from tenant_logs k where k.tenant_id = l.tenant_id) + 2',
  },
  { size: 2, name: 'write_arrivals', right: 'for no key update of l', wrong: '' },
];

describe('messages', () => {
  it('end in the same rows and tell the same, one by one, a few at a time and all in one batch', async () => {
    await fc.assert(sameEnd(db), { numRuns: 25 });
  });

  it.each(CARELESS)(
    'end in different rows where the short way of $way takes any message for the latest (negative control)',
    async ({ name, right, wrong }) => {
      const careless = await createBrokenDatabase(name, (text) => text.replace(right, wrong));
      const result = await fc.check(sameEnd(careless), { numRuns: UNTIL_FOUND, endOnFailure: true });
      await careless.drop();
      expect(result.failed).toBe(true);
      // By its result, not because it could not run.
      expect(String(result.errorInstance)).toContain('to deeply equal');
    },
  );

  it('that bring a conversation back to the agent who closed it change what is told of the agent', async () => {
    const { database } = db;
    const account = await createTenant(database, CHANNEL);
    await apply(database, account, [GREETING]);
    const agent = uuid7();
    await database.transaction('test.agent', async (tx) => {
      await tx`insert into users (id, email, display_name) values (${agent}, ${`${agent}@example.test`}, 'Ana')`;
      await tx`insert into tenant_members (tenant_id, id, user_id, display_name, role)
        values (${account.tenantId}, ${agent}, ${agent}, 'Ana', 'agent')`;
      await tx`update threads set status = 'resolved', assignee_id = ${agent} where tenant_id = ${account.tenantId}`;
    });
    const logged = await apply(database, account, [part([message(CHANNEL, 'w-again')])]);
    expect(logged.map(({ type }) => type)).toEqual(['message.created', 'thread.updated', 'member.updated']);
  });

  const ALL = { events: 96, numbers: 96, last: 96, head: 96 };

  it.each([1, 2])('that come at once, %i in a batch, are numbered without a hole or a repeat', async (size) => {
    expect(await numbersOf(db, size)).toEqual(ALL);
  });

  it.each(UNLOCKED)(
    'are numbered twice where $name does not wait for the counter (negative control)',
    async ({ size, name, right, wrong }) => {
      const broken = await createBrokenDatabase(name, (text) => text.replace(right, wrong));
      // Which of them come at the same moment is chance: as many rounds as it takes.
      await waitFor(async () => !isDeepStrictEqual(await numbersOf(broken, size), ALL), {
        what: 'a number given twice',
      });
      await broken.drop();
    },
  );
});
