import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MessageId } from '../../../src/contract/ids.ts';
import { absorbEcho } from '../../../src/inbox/messages/dispatch/echo.ts';
import { publishMessages } from '../../../src/inbox/messages/dispatch/publish.ts';
import { reportsJob } from '../../../src/inbox/housekeeping/reports-job.ts';
import { selectBehind } from '../../../src/inbox/reports/count.ts';
import { rebuild } from '../../../src/inbox/reports/rebuild.ts';
import { metrics, renderMetrics } from '../../../src/platform/metrics.ts';
import type { Database, Tx } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { silentLog } from '../../support/log.ts';
import { dateOf, DAY_MS, MINUTE_MS, reportStage, START, type ReportStage } from '../../support/reports.ts';
import { newCommandId } from '../../support/team.ts';

let db: TestDatabase;
let stage: ReportStage;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  stage = await reportStage(db.database);
});

const NOTHING = { received: 0, begun: 0, sent: 0, resolved: 0, answered: 0, waitMs: null };

/** Made anew they are what they were. */
async function expectSameAnew(): Promise<void> {
  const before = await stage.report();
  await rebuild(db.database, stage.team.tenantId);
  expect({ ...(await stage.report()), countedUntil: before.countedUntil }).toEqual(before);
}

describe('what is counted', () => {
  it('is counted once by three workers at once, of which some are cut off before their commit', async () => {
    await stage.morning();
    const cutOff = (database: Database): Database => ({
      ...database,
      run: (name, query, options) => database.run(name, query, options),
      transaction: (name, work, options) =>
        database.transaction(
          name,
          async (tx) => {
            const killed = (): Promise<never> => Promise.reject(new Error('killed'));
            await work(Object.assign(tx.bind(null), tx, { finish: killed }) as Tx);
            return await killed();
          },
          options,
        ),
    });
    await expect(stage.count(cutOff(db.open()))).rejects.toThrow('killed');
    expect(await stage.total()).toEqual(NOTHING);
    await stage.count();
    await stage.morning();
    await expect(stage.count(cutOff(db.open()))).rejects.toThrow('killed');
    await Promise.all([1, 2, 3].map(() => stage.count(db.open())));
    await stage.count();
    await stage.count();
    expect(await stage.total()).toMatchObject({ received: 6, sent: 6, resolved: 2 });
  });

  it('is a message of when it was received, however late the carrier brought it or we came to it', async () => {
    await stage.writes('15551110001', START, { atMs: START - 3 * DAY_MS });
    await stage.count();
    await stage.writes('15551110002', START - DAY_MS);
    await stage.count();
    const { days } = await stage.report(stage.lead, { from: dateOf(START - 3 * DAY_MS), to: dateOf(START) });
    expect(days.map(({ received }) => received)).toEqual([0, 0, 1, 1]);
  });

  it('tells a wait the same when a message before the answer is applied after it was counted', async () => {
    const thread = await stage.writes('15551110001', START);
    await stage.answers(stage.lead, thread, START + 10 * MINUTE_MS);
    await stage.count();
    await stage.writes('15551110001', START - 10 * MINUTE_MS);
    await stage.count();
    expect(await stage.total()).toMatchObject({ begun: 1, answered: 1, waitMs: { p50: 20 * MINUTE_MS } });
  });

  it('is no other tenant’s', async () => {
    await stage.morning();
    await stage.count();
    const other = await reportStage(db.database);
    await other.writes('15551110009', START);
    await other.count();
    expect(await other.total()).toMatchObject({ received: 1, sent: 0 });
    expect((await other.report()).members).toEqual([]);
    expect(await stage.total()).toMatchObject({ received: 3 });
  });

  it('is counted by housekeeping for every tenant, also where one cannot be counted', async () => {
    const others = [await reportStage(db.database), await reportStage(db.database)];
    const stages = [stage, ...others];
    for (const one of stages) await one.writes('15551110001', START);
    const { tenantId } = stage.team;
    await db.database.run(
      'test.spoil',
      (sql) =>
        sql`update tenant_events set data = '{"message":{"id":"none"}}' where tenant_id = ${tenantId} and seq = 2`,
    );
    const job = reportsJob({ db: db.database, log: silentLog, metrics });
    await job.run();
    for (const one of others) expect(await one.total()).toMatchObject({ received: 1 });
    expect(await stage.total()).toEqual(NOTHING);
    expect((await renderMetrics()).body).toContain('hunfly_report_backlog 2');
    await rebuild(db.database, tenantId);
    await job.run();
    expect(await stage.total()).toMatchObject({ received: 1 });
    expect((await renderMetrics()).body).toContain('hunfly_report_backlog 0');
  });
});

describe('figures made anew from what is stored', () => {
  it('are the same, after whatever happened, and go on from there', async () => {
    await stage.morning();
    await stage.count();
    const thread = await stage.writes('15551110004', START + 4);
    await stage.answers(stage.lead, thread, START + 20 * MINUTE_MS);
    await stage.setStatus(stage.lead, thread, 'resolved');
    await stage.setStatus(stage.lead, thread, 'open');
    await stage.count();
    expect(await stage.total()).toMatchObject({ received: 4, begun: 4, sent: 4, resolved: 2, answered: 3 });
    await expectSameAnew();
    await stage.morning();
    await stage.count();
    expect(await stage.total()).toMatchObject({ received: 7 });
    await expectSameAnew();
  });

  it('are the same after contacts were merged, and after they were taken apart again', async () => {
    await stage.morning();
    await stage.count();
    const contacts = await db.database.run(
      'test.contacts',
      (sql) =>
        sql<{ id: string }[]>`select id from contacts where tenant_id = ${stage.team.tenantId} order by created_at`,
    );
    const [into, from] = contacts.map(({ id }) => id);
    const merge = { contactId: from, intoContactId: into, commandId: newCommandId() };
    const { data } = await stage.team.execute('contact:merge', merge, stage.lead);
    await stage.count();
    expect(await stage.total()).toMatchObject({ begun: 1, received: 3, sent: 3 });
    await expectSameAnew();
    await stage.team.execute('contact:unmerge', { mergeId: data.mergeId, commandId: newCommandId() }, stage.lead);
    await stage.count();
    expect(await stage.total()).toMatchObject({ begun: 2, received: 3, sent: 3 });
    await expectSameAnew();
  });

  it('are the same after a phone’s message turned out to be the copy of our own', async () => {
    const thread = await stage.writes('15551110001', START);
    await stage.writes('15551110001', START + MINUTE_MS, { direction: 'outbound', origin: 'phone' });
    await stage.answers(stage.lead, thread, START + 2 * MINUTE_MS);
    await stage.count();
    expect(await stage.total()).toMatchObject({ answered: 0 });
    const { tenantId } = stage.team;
    await db.database.transaction('test.copy', async (tx) => {
      const [copy, ours] = await tx<{ id: MessageId }[]>`
        select id from messages where tenant_id = ${tenantId} and direction = 'outbound' order by received_at`;
      const removed = { id: copy!.id, threadId: thread };
      await absorbEcho(tx, { tenantId, id: ours!.id }, removed);
      await publishMessages(tx, [{ tenantId, id: ours!.id }], { removed });
    });
    await stage.count();
    expect(await stage.total()).toMatchObject({ answered: 1, waitMs: { p50: 2 * MINUTE_MS } });
    await expectSameAnew();
  });

  it('are there for the time before there were reports', async () => {
    await stage.morning();
    const { tenantId } = stage.team;
    await db.database.run('test.before', (sql) => sql`delete from report_cursors where tenant_id = ${tenantId}`);
    expect(await stage.report()).toMatchObject({ total: NOTHING, members: [], countedUntil: null });
    await stage.count();
    expect(await stage.total()).toMatchObject({ received: 3, sent: 3, resolved: 1, answered: 2 });
    await expectSameAnew();
  });

  it('stand in by themselves for what the log does not have any more', async () => {
    await stage.morning();
    await db.database.run(
      'test.trim',
      (sql) => sql`delete from tenant_events where tenant_id = ${stage.team.tenantId}`,
    );
    await stage.writes('15551110005', START);
    await stage.count();
    expect(await stage.total()).toMatchObject({ received: 4, sent: 3, resolved: 1, answered: 2 });
    const behind = await db.database.run('test.behind', selectBehind);
    expect(behind.filter((tenantId) => tenantId === stage.team.tenantId)).toEqual([]);
    await db.database.run(
      'test.trim',
      (sql) => sql`delete from tenant_events where tenant_id = ${stage.team.tenantId}`,
    );
    await stage.morning();
    await db.database.run(
      'test.trim',
      (sql) => sql`delete from tenant_events where tenant_id = ${stage.team.tenantId} and type = 'message.created'`,
    );
    await stage.count();
    expect(await stage.total()).toMatchObject({ received: 7, sent: 6, resolved: 2 });
  });
});
