/** Everything is counted once, whatever is killed in the middle of it. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { holding } from '../support/hold.ts';
import { reportStage, type ReportStage } from '../support/reports.ts';
import { createSystem, type System } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

let system: System;
let stage: ReportStage;

beforeEach(async () => {
  system = await createSystem();
  stage = await reportStage(system.database);
});
afterEach(() => system.stop());

interface Cursor {
  readonly counted: boolean;
  readonly attempts: number;
}

async function cursor(): Promise<Cursor | undefined> {
  const [row] = await system.database.run(
    'test.cursor',
    (sql) => sql<Cursor[]>`
      select c.epoch = l.epoch and c.seq = l.head as counted, c.attempts
      from report_cursors c join tenant_logs l on l.tenant_id = c.tenant_id where c.tenant_id = ${stage.team.tenantId}`,
  );
  return row;
}

async function isHeldUp(anew: boolean): Promise<boolean> {
  const rows = await system.database.run(
    'test.held',
    (sql) => sql`
      select from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.relation = 'report_slots'::regclass and not l.granted and a.datname = current_database()
        and (a.query like '%delete from report_slots%') = ${anew}`,
  );
  return rows.length > 0;
}

/** Kills housekeeping while it counts, or makes figures anew: it begins both at once, in any order. */
async function killInTheMiddle({ anew }: { readonly anew: boolean }): Promise<void> {
  await holding(system.database, async (tx) => {
    await tx`lock table report_slots in share mode`;
    const victim = await system.spawn('consumers/housekeeping');
    await waitFor(() => isHeldUp(anew), { what: 'figures being written', deadlineMs: 30_000 });
    await victim.end('SIGKILL');
    expect(victim.child.signalCode).toBe('SIGKILL');
  });
}

const isCounted = async (): Promise<boolean> => (await cursor())?.counted === true;
const MORNING = { received: 3, begun: 2, sent: 3, resolved: 1, answered: 2 };

it('a process killed while it counts leaves what it took to two others, who count it once', async () => {
  await stage.morning();
  await killInTheMiddle({ anew: false });
  expect(await stage.total()).toMatchObject({ received: 0, sent: 0 });
  await Promise.all([system.spawn('consumers/housekeeping'), system.spawn('consumers/housekeeping')]);
  await waitFor(isCounted, { what: 'the count', deadlineMs: 30_000 });
  expect(await stage.total()).toMatchObject(MORNING);
});

it('a process killed while it makes figures anew leaves the old ones, and gives the next attempt to another', async () => {
  await stage.morning();
  await stage.count();
  const { tenantId } = stage.team;
  await system.database.run(
    'test.forget',
    (sql) => sql`update report_cursors set epoch = '' where tenant_id = ${tenantId}`,
  );
  await killInTheMiddle({ anew: true });
  expect(await stage.total()).toMatchObject(MORNING);
  expect(await cursor()).toMatchObject({ counted: false, attempts: 1 });
  await system.database.run('test.due', (sql) => sql`update report_cursors set next_attempt_at = now()`);
  await system.spawn('consumers/housekeeping');
  await waitFor(isCounted, { what: 'figures made anew', deadlineMs: 30_000 });
  expect(await cursor()).toMatchObject({ attempts: 0 });
  expect(await stage.total()).toMatchObject(MORNING);
});
