/** What a term leaves as it is: figures, the no-loss report, others' turns, and the time of whoever has nothing to do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBody } from '../../../src/deps.ts';
import { erasuresJob } from '../../../src/inbox/housekeeping/erasures.ts';
import { beginTerms, termsJob } from '../../../src/inbox/housekeeping/terms.ts';
import { rebuild } from '../../../src/inbox/reports/rebuild.ts';
import { verify } from '../../../src/inbox/verify/report.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, part } from '../../support/ingest.ts';
import { readBy } from '../../support/read-rows.ts';
import { DAY_MS, dateOf, reportStage } from '../../support/reports.ts';
import { silentLog } from '../../support/log.ts';
import { textValue } from '../../support/system.ts';
import { keepHouse, Keeping } from '../../support/term.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const setTerm = (tenantId: string) =>
  db.database.run(
    'test.term',
    (sql) => sql`update tenants set keep_days = 30, keep_from = now() where id = ${tenantId}`,
  );

it('figures stay, and come out the same when they are made anew of what went', async () => {
  const stage = await reportStage(db.database);
  const { tenantId } = stage.team;
  await stage.morning();
  await db.database.transaction('test.age', async (tx) => {
    const by = tx`interval '40 days'`;
    await tx`update threads set last_activity_at = last_activity_at - ${by}, created_at = created_at - ${by} where tenant_id = ${tenantId}`;
    await tx`update messages set received_at = received_at - ${by}, send_state = 'none', status = 'sent' where tenant_id = ${tenantId}`;
    await tx`update audit_log set at = at - ${by} where tenant_id = ${tenantId}`;
  });
  await rebuild(db.database, stage.team.tenantId);
  const days = { from: dateOf(Date.now() - 42 * DAY_MS), to: dateOf(Date.now() - 38 * DAY_MS) };
  const before = await stage.report(stage.lead, days);
  expect(before.total).toMatchObject({ received: 3, begun: 2, sent: 3, resolved: 1, answered: 2 });
  await setTerm(tenantId);
  await keepHouse(db.database);
  await stage.count();
  const [left] = await db.database.run(
    'test.left',
    (sql) => sql<{ threads: number; texts: number }[]>`
      select (select count(*)::int from threads where tenant_id = ${tenantId} and erased_at is null) as threads,
        (select count(text)::int from messages where tenant_id = ${tenantId}) as texts`,
  );
  expect(left).toEqual({ threads: 0, texts: 0 });
  const figures = ({ total, days: each, members }: typeof before) => ({ total, each, members });
  expect(figures(await stage.report(stage.lead, days))).toEqual(figures(before));
  await rebuild(db.database, stage.team.tenantId);
  expect(figures(await stage.report(stage.lead, days))).toEqual(figures(before));
});

it('the no-loss report misses nothing, at whichever step the term is', async () => {
  const shop = await Keeping.open(db.database);
  const { channel } = shop.team.account;
  const change = (id: string) => ({ field: 'messages', value: textValue(channel, id, { text: id }) });
  const changes = ['wamid.1', 'wamid.2'].map(change);
  const body = Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1', changes }] }));
  const receivedAtMs = Date.now() - 1000;
  const parsed = parseBody('cloud', body, receivedAtMs);
  const events = parsed.ok ? parsed.events : [];
  await apply(db.database, shop.team.account, [part(events, { body, receivedAtMs })]);
  const range = { tenantId: shop.tenantId, from: new Date(0), to: new Date(Date.now() + 60_000) };
  const resolve = (_provider: string, of: string) => (of === channel ? shop.team.account : null);
  const report = () => verify({ db: db.database, resolve, isErased: () => false, parse: parseBody }, range);
  expect(await report()).toMatchObject({ accepted: 2, applied: 2, differences: [] });
  await shop.age(40);
  await shop.keepFor(30);
  await termsJob({ db: db.database }).run();
  const job = erasuresJob({
    ...{ db: db.database, log: silentLog, blobs: undefined as never, hints: { publish: () => undefined } },
    arrivals: () => Promise.resolve(null),
  });
  for (let steps = 1; steps > 0;) {
    steps = await job.run();
    expect(await report()).toMatchObject({ accepted: 2, applied: 2, differences: [] });
  }
  expect(await shop.threads()).toEqual([]);
});

it('a business whose term cannot go on holds up no other, and a store that refuses files holds up no term', async () => {
  const [stuck, other] = [await Keeping.open(db.database), await Keeping.open(db.database)];
  const file = { providerMediaId: 'm', url: null, mime: 'image/png', filename: null, sizeBytes: 3, sha256: null };
  for (const shop of [stuck, other]) {
    await shop.take([shop.said('a1', { type: 'image', media: { ...file, voice: false } as never })]);
    await shop.age(40);
    await shop.keepFor(30);
  }
  await db.database.run(
    'test.stored',
    (sql) => sql`update media set state = 'ready', storage_key = tenant_id || '/' || id, next_attempt_at = now()`,
  );
  // What a step meets that nobody has thought of.
  await db.database.run(
    'test.broken',
    (sql) => sql`
      insert into erasures (tenant_id, contact_id, by_term, stage, place, contact_ids, thread_ids, addresses, needles)
      values (${stuck.tenantId}, ${stuck.tenantId}, true, 'messages', 'no id|', '{}', '{}', '{}', '{}')`,
  );
  await termsJob({ db: db.database }).run();
  const refusing = { remove: () => Promise.reject(new Error('refused')) } as never;
  const job = erasuresJob({
    ...{ db: db.database, log: silentLog, blobs: refusing, hints: { publish: () => undefined } },
    arrivals: () => Promise.resolve(null),
  });
  const through = async () =>
    (
      await db.database.run(
        'test.through',
        (sql) => sql`select from erasures where tenant_id = ${other.tenantId} and finished_at is not null`,
      )
    ).length === 1;
  for (let rounds = 0; rounds < 50 && !(await through()); rounds += 1) await job.run().catch(() => 0);
  expect(await through()).toBe(true);
  expect([await stuck.names(), await other.names()]).toEqual([['Zerlina Quux'], []]);
  const [waits] = await db.database.run(
    'test.files',
    (sql) => sql<{ n: number }[]>`select count(*)::int as n from erased_files where tenant_id = ${other.tenantId}`,
  );
  expect(waits?.n).toBe(1);
});

describe('looking for what is over', () => {
  it('finds nothing of what has gone where lists and terms read', async () => {
    const shop = await Keeping.open(db.database);
    await shop.take([shop.said('a1')]);
    await shop.age(40);
    await shop.keepFor(30);
    await keepHouse(db.database);
    const rows = await db.database.run(
      'test.places',
      (sql) => sql<{ at: string }[]>`
        select last_activity_at::text as at from threads where tenant_id = ${shop.tenantId} and erased_at is not null`,
    );
    expect(rows).toEqual([{ at: '-infinity' }]);
  });

  it('reads one entry of each business with a term, however much it has and however much has gone', async () => {
    const shop = await Keeping.open(db.database);
    const { tenantId, accountId } = shop.team.account;
    await db.database.transaction('test.fill', async (tx) => {
      await tx`
        with made as (
          insert into contacts (tenant_id, display_name) select ${tenantId}, 'Customer ' || n from generate_series(1, 3000) n returning id
        )
        insert into threads (tenant_id, account_id, contact_id, reply_type, reply_value, last_activity_at, created_at, erased_at)
        select ${tenantId}, ${accountId}, id, 'wa_id', '1', at, at, case when gone then now() end
        from (select id, row_number() over () % 2 = 0 as gone from made) m
          cross join lateral (select now() - case when gone then 'infinity'::interval else interval '1 day' end as at) a`;
    });
    await db.database.run('test.analyze', (sql) => sql`vacuum analyze threads`);
    await shop.keepFor(30);
    const others = await db.database.run('test.others', (sql) => sql`select from tenants where keep_days is not null`);
    const nodes = await readBy(db.url, tenantId, (tx) => beginTerms(tx as never), 'none');
    const ofThreads = nodes.filter(({ on }) => on.startsWith('threads'));
    expect(new Set(ofThreads.map(({ on }) => on))).toEqual(new Set(['threads_by_activity']));
    expect(ofThreads.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(others.length);
  });
});
