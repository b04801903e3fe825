import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropPartitions, ensurePartitions, partitionName } from '../../../src/inbox/housekeeping/partitions.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, createTenant, message, part } from '../../support/ingest.ts';

const DAY_MS = 86_400_000;
let db: TestDatabase;
/** When the first event was logged, by Postgres' clock: of what is written later, midnight may be in between. */
let now: Date;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

const day = (offset: number): Date => new Date(now.getTime() + offset * DAY_MS);

async function names(): Promise<string[]> {
  const rows = await db.database.run(
    'test.partitions',
    (sql) => sql<{ name: string }[]>`select inhrelid::regclass::text as name from pg_inherits
      where inhparent in ('tenant_events'::regclass, 'webhook_journal'::regclass) order by 1`,
  );
  return rows.map((row) => row.name);
}

async function rowsIn(table: string): Promise<number> {
  const [row] = await db.database.run(
    'test.rows',
    (sql) => sql<{ count: number }[]>`select count(*) as count from ${sql(table)}`,
  );
  return row?.count ?? 0;
}

describe('daily partitions', () => {
  it('are made by three processes at once, for yesterday to three days ahead, and take over what the default had', async () => {
    const account = await createTenant(db.database);
    await apply(db.database, account, [
      part([message(account.channel, 'w1')], { receivedAtMs: Date.now(), streamId: '0/1-1' }),
    ]);
    expect(await rowsIn('tenant_events_default')).toBe(2);
    const [logged] = await db.database.run(
      'test.at',
      (sql) => sql<{ at: Date }[]>`select at from tenant_events limit 1`,
    );
    now = logged!.at;
    const rounds = await Promise.all([1, 2, 3].map(() => ensurePartitions(db.open(), now)));
    expect(rounds.flatMap((round) => round.created)).toHaveLength(10);
    expect(rounds.reduce((sum, round) => sum + round.moved, 0)).toBe(3);
    const wanted = ['tenant_events', 'webhook_journal'].flatMap((table) =>
      [-1, 0, 1, 2, 3].map((offset) => partitionName(table, day(offset))),
    );
    expect(await names()).toEqual(expect.arrayContaining(wanted));
    expect(await rowsIn('tenant_events_default')).toBe(0);
    expect(await rowsIn(partitionName('tenant_events', now))).toBe(2);
    expect(await rowsIn('tenant_events')).toBe(2);
    expect((await ensurePartitions(db.database, now)).created).toEqual([]);
  });

  it('go only when their last row is older than what is promised, and ingest goes on meanwhile', async () => {
    const old = new Date(now.getTime() - 10 * DAY_MS);
    await ensurePartitions(db.database, old);
    const account = await createTenant(db.database, '100000000000009');
    const ingest = Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        apply(db.database, account, [
          part([message(account.channel, `m${String(index)}`)], {
            receivedAtMs: now.getTime(),
            streamId: `0/9-${String(index)}`,
          }),
        ]),
      ),
    );
    const { dropped } = await dropPartitions(db.database, now);
    await ingest;
    const kept = await names();
    expect(dropped).toContain(partitionName('tenant_events', day(-7)));
    expect(dropped).not.toContain(partitionName('webhook_journal', day(-7)));
    expect(kept).toContain(partitionName('webhook_journal', day(-7)));
    expect(kept).not.toContain(partitionName('webhook_journal', day(-9)));
    expect(kept).toEqual(expect.arrayContaining([partitionName('tenant_events', day(-1))]));
  });
});
