import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { snoozeJob } from '../../../src/inbox/housekeeping/snooze.ts';
import { dueThreadsJob, stuckAttemptsJob, type SweeperDeps } from '../../../src/inbox/housekeeping/sweeper.ts';
import { claimMessage } from '../../../src/inbox/messages/dispatch/claim.ts';
import type { ThreadRef } from '../../../src/inbox/messages/dispatch/types.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { recordingQueue } from '../../support/jobs.ts';
import {
  createSendingTenant,
  createThread,
  loggedStates,
  queueText,
  stored,
  type TestAccount,
} from '../../support/outbound.ts';

let db: TestDatabase;
let account: TestAccount;
let thread: ThreadRef;
let nowMs = 0;
let queue: ReturnType<typeof recordingQueue>;
let deps: SweeperDeps;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});
beforeEach(async () => {
  await db.database.run('test.clean', (sql) => sql`delete from threads`);
  account = await createSendingTenant(db.database, { baseUrl: 'http://127.0.0.1:9' });
  thread = await createThread(db.database, account, '15550100101');
  queue = recordingQueue();
  const hints = { publish: (): void => undefined };
  deps = { db: db.database, hints, leaseMs: 60_000, queue, backlog: () => Promise.resolve(0), nowMs: () => nowMs };
});

async function shiftDue(id: string, seconds: number): Promise<void> {
  await db.database.run(
    'test.shift',
    (sql) => sql`update messages set next_attempt_at = now() + ${seconds} * interval '1 second' where id = ${id}`,
  );
}

describe('the sweeper', () => {
  it('calls an attempt unknown once its lease is over, by one of three processes, with one event', async () => {
    const id = await queueText(db.database, thread, 'one');
    await claimMessage(db.database, thread);
    expect(await stuckAttemptsJob(deps).run()).toBe(0);
    await db.database.run(
      'test.age',
      (sql) => sql`update messages set attempt_started_at = now() - interval '61 seconds' where id = ${id}`,
    );
    const counts = await Promise.all([1, 2, 3].map(() => stuckAttemptsJob({ ...deps, db: db.open() }).run()));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await stored(db.database, id)).toMatchObject({ sendState: 'unknown', status: 'unknown' });
    const states = await loggedStates(db.database, account.tenantId);
    expect(states.filter((state) => state === 'message.updated:unknown')).toHaveLength(1);
  });

  it('nudges a thread whose own nudge was lost, once in ten seconds', async () => {
    const id = await queueText(db.database, thread, 'one');
    const job = dueThreadsJob(deps);
    expect(await job.run()).toBe(0);
    await shiftDue(id, -5);
    expect(await job.run()).toBe(1);
    expect(queue.jobs).toEqual([{ ...thread, task: 'send' }]);
    expect(await job.run()).toBe(0);
    nowMs += 10_000;
    expect(await job.run()).toBe(1);
  });

  it('is not held up by a nudge that is refused, which is sent again in the next round', async () => {
    const other = await createThread(db.database, account, '15550100105');
    for (const ref of [thread, other]) await shiftDue(await queueText(db.database, ref, 'one'), -5);
    let refused = [other.threadId];
    const append: SweeperDeps['queue']['append'] = async (nudge) => {
      if (refused.includes(nudge.threadId)) throw new Error('its master is away');
      await queue.append(nudge);
    };
    const job = dueThreadsJob({ ...deps, queue: { append } });
    expect(await job.run()).toBe(1);
    await expect(job.run()).rejects.toThrow('its master is away');
    refused = [];
    expect(await job.run()).toBe(1);
    expect(queue.jobs.map(({ threadId }) => threadId)).toEqual([thread.threadId, other.threadId]);
  });

  it('keeps the lane: what a person waits for overtakes programs after a sweep as well', async () => {
    const [program, person, both] = [
      thread,
      await createThread(db.database, account, '15550100103'),
      await createThread(db.database, account, '15550100104'),
    ];
    await shiftDue(await queueText(db.database, program, 'by a program', 'automatic'), -5);
    await shiftDue(await queueText(db.database, person, 'by a person'), -5);
    await shiftDue(await queueText(db.database, both, 'by a program', 'automatic'), -5);
    await queueText(db.database, both, 'by a person behind it');
    expect(await dueThreadsJob(deps).run()).toBe(3);
    const lanes = new Map(queue.jobs.map(({ threadId, priority = 'agent' }) => [threadId, priority]));
    expect([program, person, both].map(({ threadId }) => lanes.get(threadId))).toEqual(['automatic', 'agent', 'agent']);
  });

  it('leaves threads alone whose head waits or is on its way, however long those behind it are due', async () => {
    const head = await queueText(db.database, thread, 'one');
    const behind = await queueText(db.database, thread, 'two');
    await shiftDue(behind, -60);
    await shiftDue(head, 60);
    const job = dueThreadsJob(deps);
    expect(await job.run()).toBe(0);
    await shiftDue(head, -60);
    await claimMessage(db.database, thread);
    expect(await job.run()).toBe(0);
  });

  it('adds nothing to a stream that is long already', async () => {
    const id = await queueText(db.database, thread, 'one');
    await shiftDue(id, -60);
    expect(await dueThreadsJob({ ...deps, backlog: () => Promise.resolve(1_000_000) }).run()).toBe(0);
  });

  it('comes to every thread although more are due than one round takes', async () => {
    const refs: ThreadRef[] = [];
    for (let n = 0; n < 600; n += 1) refs.push(await createThread(db.database, account, String(15_550_200_000 + n)));
    for (const ref of refs) await shiftDue(await queueText(db.database, ref, 'x'), -60);
    const job = dueThreadsJob(deps);
    await job.run();
    await job.run();
    expect(new Set(queue.jobs.map((one) => one.threadId)).size).toBe(600);
  });
});

describe('snoozed threads', () => {
  it('wake when their time has come, once, whoever looks at the same time', async () => {
    const other = await createThread(db.database, account, '15550100102');
    await db.database.run(
      'test.snooze',
      (sql) => sql`update threads set status = 'snoozed',
        snoozed_until = now() + case when id = ${thread.threadId} then -1 else 3600 end * interval '1 second'
        where tenant_id = ${account.tenantId}`,
    );
    const { hints } = deps;
    const counts = await Promise.all([1, 2, 3].map(() => snoozeJob({ db: db.open(), hints }).run()));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    const rows = await db.database.run(
      'test.threads',
      (sql) =>
        sql<{ id: string; status: string }[]>`select id, status from threads where tenant_id = ${account.tenantId}`,
    );
    expect(Object.fromEntries(rows.map((row) => [row.id, row.status]))).toEqual({
      [thread.threadId]: 'open',
      [other.threadId]: 'snoozed',
    });
    expect(await loggedStates(db.database, account.tenantId)).toEqual(['thread.updated']);
  });
});
