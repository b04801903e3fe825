/** An operator makes the figures of a business anew, whatever else is at them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLI_COMMANDS } from '../../src/cli/commands.ts';
import type { CliContext } from '../../src/cli/command.ts';
import { runCli } from '../../src/cli/run.ts';
import { reportRebuildsJob, reportsJob } from '../../src/inbox/housekeeping/reports-job.ts';
import { metrics } from '../../src/platform/metrics.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { reportStage, type ReportStage } from '../support/reports.ts';

let db: TestDatabase;
let stage: ReportStage;

beforeAll(async () => {
  db = await createTestDatabase();
  stage = await reportStage(db.database);
  await stage.morning();
  await stage.count();
});
afterAll(() => db.drop());

const MORNING = { received: 3, begun: 2, sent: 3, resolved: 1, answered: 2 };

async function run(...argv: readonly string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const io = { out: (text: string) => void (said.out += text), err: (text: string) => void (said.err += text) };
  const context = { database: () => db.database } as unknown as CliContext;
  const { exitCode } = await runCli(['report', 'rebuild', ...argv], { commands: CLI_COMMANDS, io, context });
  return { exitCode, ...said };
}

const slug = (): string => `t-${stage.team.tenantId}`;

async function spoil(): Promise<void> {
  const { tenantId } = stage.team;
  await db.database.run(
    'test.spoil',
    (sql) => sql`update report_slots set received = received + 7, sent = sent + 7 where tenant_id = ${tenantId}`,
  );
  await db.database.run('test.spoil', (sql) => sql`delete from report_facts where tenant_id = ${tenantId}`);
}

it('they are what is stored again, and it says up to where', async () => {
  await spoil();
  expect(await stage.total()).not.toMatchObject(MORNING);
  const { out, err, exitCode } = await run('--tenant', slug());
  expect({ err, exitCode }).toEqual({ err: '', exitCode: 0 });
  expect(await stage.total()).toMatchObject(MORNING);
  const again = await run('--tenant', slug(), '--json');
  const { tenantId, seq } = JSON.parse(again.out) as { tenantId: string; seq: number };
  expect(tenantId).toBe(stage.team.tenantId);
  expect(seq).toBeGreaterThan(0);
  expect(out).toContain(`The reports of ${slug()} were made anew, up to event ${String(seq)}.`);
});

it('nothing is touched of a business that it does not name rightly', async () => {
  await spoil();
  expect((await run()).exitCode).toBe(2);
  const unknown = await run('--tenant', 'nobody');
  expect(unknown).toMatchObject({ exitCode: 1, out: '' });
  expect(unknown.err).toContain('nobody');
  expect(await stage.total()).not.toMatchObject(MORNING);
});

it('never hears of housekeeping and other operators who are at the same figures', async () => {
  const { tenantId } = stage.team;
  for (let times = 0; times < 10; times += 1) {
    await db.database.run(
      'test.forget',
      (sql) =>
        sql`update report_cursors set epoch = '', attempts = 0, next_attempt_at = now() where tenant_id = ${tenantId}`,
    );
    const housekeeping = [db.open(), db.open()].flatMap((other) => [
      reportsJob({ db: other, log: silentLog, metrics }),
      reportRebuildsJob({ db: other, log: silentLog }),
    ]);
    const [mine, theirs] = await Promise.all([
      run('--tenant', slug()),
      run('--tenant', slug()),
      ...housekeeping.map((job) => job.run()),
    ]);
    expect([mine, theirs]).toEqual([expect.objectContaining(FINE), expect.objectContaining(FINE)]);
    expect(await stage.total()).toMatchObject(MORNING);
  }
});

const FINE = { exitCode: 0, err: '' };
