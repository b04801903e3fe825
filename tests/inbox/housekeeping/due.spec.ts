import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { onlyWhenDue } from '../../../src/inbox/housekeeping/due.ts';
import { runJobs, type Job } from '../../../src/inbox/housekeeping/jobs.ts';
import { insertSpill } from '../../../src/inbox/ingest/spill.ts';
import { claimMessage } from '../../../src/inbox/messages/dispatch/claim.ts';
import type { ThreadRef } from '../../../src/inbox/messages/dispatch/types.ts';
import { metrics } from '../../../src/platform/metrics.ts';
import type { Database, Sql } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { silentLog } from '../../support/log.ts';
import { createSendingTenant, createThread, queueText } from '../../support/outbound.ts';
import { waitFor } from '../../support/wait.ts';

const LEASE_MS = 60_000;
const NAMES = [
  'stuck-attempts',
  'due-threads',
  'due-receipts',
  'due-media',
  'snooze',
  'spill-drain',
  'account-checks',
  'reconcile',
];

let db: TestDatabase;
let thread: ThreadRef;
let asked: number;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});
beforeEach(async () => {
  asked = 0;
  for (const clear of [
    (sql: Sql) => sql`delete from threads`,
    (sql: Sql) => sql`delete from webhook_spill`,
    (sql: Sql) => sql`delete from media`,
    (sql: Sql) => sql`delete from account_upkeep`,
  ])
    await db.database.run('test.clear', clear);
  thread = await createThread(db.database, await createSendingTenant(db.database, { baseUrl: '' }), '15550100101');
  await addUpkeep();
});

/** A number that is not due for an hour. */
async function addUpkeep(): Promise<void> {
  const { tenantId, accountId } = thread;
  await run(
    (sql) => sql`
      insert into account_upkeep (tenant_id, account_id, next_check_at, next_reconcile_at)
      values (${tenantId}, ${accountId}, now() + interval '1 hour', now() + interval '1 hour')`,
  );
}

async function run(query: (sql: Sql) => PromiseLike<unknown>): Promise<void> {
  await db.database.run('test.write', query);
}

/** What each of them would do; runs are counted. */
function watched(rounds: string[] = []): Job[] {
  const jobs = NAMES.map((name) => ({
    ...{ name, everyMs: 50 },
    run: () => Promise.resolve(rounds.push(name)),
  }));
  const counting: Database = {
    ...db.database,
    run: (...call) => {
      asked += 1;
      return db.database.run(...call);
    },
  };
  return onlyWhenDue(jobs, counting, LEASE_MS);
}

async function due(): Promise<string[]> {
  const answers = await Promise.all(
    watched().map(async ({ name, isDue }) => ((await isDue?.()) === true ? [name] : [])),
  );
  return answers.flat();
}

async function addFile(at: string): Promise<void> {
  const { tenantId, threadId } = thread;
  await run(
    (sql) => sql`
      insert into media (tenant_id, thread_id, mime, size_bytes, state, next_attempt_at)
      values (${tenantId}, ${threadId}, 'image/png', 1, 'pending', now() + ${at}::text::interval)`,
  );
}

describe('what the jobs of housekeeping are told to be due', () => {
  it('is nothing when there is nothing, for all of them by one statement', async () => {
    expect(await due()).toEqual([]);
    expect(asked).toBe(1);
  });

  it('is a queued message once its own nudge had its time, and an attempt once its lease is over', async () => {
    const id = await queueText(db.database, thread, 'one');
    expect(await due()).toEqual([]);
    await run((sql) => sql`update messages set next_attempt_at = now() - interval '3 seconds' where id = ${id}`);
    expect(await due()).toEqual(['due-threads']);
    await claimMessage(db.database, thread);
    expect(await due()).toEqual([]);
    await run((sql) => sql`update messages set attempt_started_at = now() - interval '61 seconds' where id = ${id}`);
    expect(await due()).toEqual(['stuck-attempts']);
  });

  it('is a reaction in the same cases', async () => {
    const id = await queueText(db.database, thread, 'one');
    await claimMessage(db.database, thread);
    const { tenantId, threadId, accountId } = thread;
    await run(
      (sql) => sql`
        insert into reaction_sends (tenant_id, thread_id, account_id, message_id, member_id, emoji)
        values (${tenantId}, ${threadId}, ${accountId}, ${id}, ${id}, '+')`,
    );
    expect(await due()).toEqual([]);
    await run((sql) => sql`update reaction_sends set created_at = now() - interval '3 seconds'`);
    expect(await due()).toEqual(['due-threads']);
    await run(
      (sql) =>
        sql`update reaction_sends set send_state = 'sending', attempt_started_at = now() - interval '61 seconds'`,
    );
    expect(await due()).toEqual(['stuck-attempts']);
  });

  it('is a snooze that is over, and not one that is not', async () => {
    const snooze = (until: string) =>
      run((sql) => sql`update threads set status = 'snoozed', snoozed_until = now() + ${until}::text::interval`);
    await snooze('1 minute');
    expect(await due()).toEqual([]);
    await snooze('-1 second');
    expect(await due()).toEqual(['snooze']);
  });

  it('is a receipt, a file and a number whose time has come', async () => {
    const { tenantId, threadId, accountId } = thread;
    const receipt = (at: string) =>
      run(
        (sql) => sql`
          insert into receipts (tenant_id, thread_id, account_id, provider_message_id, next_attempt_at)
          values (${tenantId}, ${threadId}, ${accountId}, 'm', now() + ${at}::text::interval)
          on conflict (tenant_id, thread_id) do update set next_attempt_at = excluded.next_attempt_at`,
      );
    await receipt('1 minute');
    await addFile('-1 second');
    expect(await due()).toEqual([]);
    await receipt('-1 second');
    await addFile('-3 seconds');
    await run((sql) => sql`update account_upkeep set next_check_at = now(), next_reconcile_at = now()`);
    expect(await due()).toEqual(['due-receipts', 'due-media', 'account-checks', 'reconcile']);
  });

  it('is a webhook that was spilled', async () => {
    const spilled = { provider: 'cloud' as const, auth: 'global', shard: 0, correlationId: 'c', receivedAtMs: 1 };
    await insertSpill(db.database, [{ ...spilled, body: Buffer.from('{}') }], 5000);
    expect(await due()).toEqual(['spill-drain']);
  });
});

it('a job begins no round until it is due, and then the others still begin none', async () => {
  const rounds: string[] = [];
  const stop = new AbortController();
  const running = runJobs(watched(rounds), { log: silentLog, metrics, signal: stop.signal });
  await waitFor(() => asked > 2, { what: 'the jobs to ask again' });
  expect(rounds).toEqual([]);
  await run((sql) => sql`update account_upkeep set next_check_at = now()`);
  await waitFor(() => rounds.length > 1, { what: 'a job that is due to run' });
  stop.abort();
  await running;
  expect(new Set(rounds)).toEqual(new Set(['account-checks']));
});
