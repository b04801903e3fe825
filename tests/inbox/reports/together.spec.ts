/** Who counts and who makes figures anew, at the same moment; and one business whose figures cannot be had. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reportsJob } from '../../../src/inbox/housekeeping/reports-job.ts';
import { makeAttempt, rebuild } from '../../../src/inbox/reports/rebuild.ts';
import { metrics } from '../../../src/platform/metrics.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { holding } from '../../support/hold.ts';
import { silentLog } from '../../support/log.ts';
import { reportStage, START, type ReportStage } from '../../support/reports.ts';
import { waitFor } from '../../support/wait.ts';

let db: TestDatabase;
let stage: ReportStage;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  stage = await reportStage(db.database);
});

const MORNING = { received: 3, begun: 2, sent: 3, resolved: 1, answered: 2 };

async function forget(): Promise<void> {
  const { tenantId } = stage.team;
  await db.database.run(
    'test.forget',
    (sql) =>
      sql`update report_cursors set epoch = '', attempts = 0, next_attempt_at = now() where tenant_id = ${tenantId}`,
  );
}

/** Holds the cursor while `meanwhile` runs, and moves it, as who counts does. */
async function holdCursor(meanwhile: () => Promise<unknown>): Promise<void> {
  const { tenantId } = stage.team;
  await holding(db.database, async (tx) => {
    await tx`select from report_cursors where tenant_id = ${tenantId} for no key update`;
    await meanwhile();
    await tx`update report_cursors set counted_at = now() where tenant_id = ${tenantId}`;
  });
}

/** So many wait for the cursor. */
const areWaiting = (count: number) => async (): Promise<boolean> => {
  const rows = await db.database.run(
    'test.waits',
    (sql) => sql`
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%report_cursors%'`,
  );
  return rows.length === count;
};

describe('figures made anew', () => {
  it('by the operator come after whoever counts, however often', async () => {
    await stage.morning();
    await stage.count();
    let made: Promise<number> | undefined;
    let isMade = false;
    const holds: Promise<void>[] = [];
    // The operator may be quicker for once, and is done then.
    const orMade = (condition: () => Promise<boolean>) => async (): Promise<boolean> => isMade || (await condition());
    // Each stands in line behind the operator before the one before it lets go, so that the operator comes too late each time.
    const hold = (times: number): Promise<void> =>
      holdCursor(async () => {
        made ??= rebuild(db.open(), stage.team.tenantId).finally(() => (isMade = true));
        await waitFor(orMade(areWaiting(1)), { what: 'the operator waiting' });
        if (times === 1) return;
        holds.push(hold(times - 1));
        await waitFor(orMade(areWaiting(2)), { what: 'another waiting' });
      });
    await hold(5);
    for (const later of holds) await later;
    await expect(made).resolves.toBeGreaterThan(0);
    expect(await stage.total()).toMatchObject(MORNING);
  });

  it('by housekeeping are left to who is at them already', async () => {
    await stage.morning();
    await stage.count();
    await forget();
    const attempt = { tenantId: stage.team.tenantId, attempt: 1 };
    await holdCursor(async () => {
      expect(await makeAttempt(db.database, attempt)).toBe(false);
    });
    expect(await makeAttempt(db.database, attempt)).toBe(true);
    expect(await stage.total()).toMatchObject(MORNING);
  });

  it('are the same when the operator and two processes make them at once', async () => {
    await stage.morning();
    await stage.count();
    const attempt = { tenantId: stage.team.tenantId, attempt: 1 };
    for (let times = 0; times < 5; times += 1) {
      await forget();
      await Promise.all([
        makeAttempt(db.open(), attempt),
        makeAttempt(db.open(), attempt),
        rebuild(db.open(), attempt.tenantId),
      ]);
      expect(await stage.total()).toMatchObject(MORNING);
    }
  });

  it('take the place of those whose cursor was lost, which are not counted twice', async () => {
    await stage.morning();
    await stage.count();
    const { tenantId } = stage.team;
    await db.database.run('test.lose', (sql) => sql`delete from report_cursors where tenant_id = ${tenantId}`);
    await stage.count();
    expect(await stage.total()).toMatchObject(MORNING);
  });
});

describe('a business that takes too long', () => {
  it('holds up no other, and is counted once it can be', async () => {
    const others = [await reportStage(db.database), await reportStage(db.database)];
    for (const one of [stage, ...others]) await one.writes('15551110001', START);
    await db.database.transaction('test.slow', async (tx) => {
      await tx`create table slow as select ${stage.team.tenantId}::uuid as tenant_id`;
      await tx`create function take_too_long() returns trigger language plpgsql as $$ begin
        if new.tenant_id in (select tenant_id from slow) then raise exception 'too long' using errcode = '57014'; end if;
        return new; end $$`;
      await tx`create trigger slow before insert on report_slots for each row execute function take_too_long()`;
    });
    const job = reportsJob({ db: db.database, log: silentLog, metrics });
    await job.run();
    await job.run();
    for (const one of others) expect(await one.total()).toMatchObject({ received: 1 });
    expect(await stage.total()).toMatchObject({ received: 0 });
    await db.database.run('test.fast', (sql) => sql`drop trigger slow on report_slots`);
    await job.run();
    expect(await stage.total()).toMatchObject({ received: 1 });
  });
});
