import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimMessage } from '../../../src/inbox/messages/dispatch/claim.ts';
import { recordAccepted, recordRefused, recordUnknown } from '../../../src/inbox/messages/dispatch/record.ts';
import { giveUpStuckAttempts } from '../../../src/inbox/messages/dispatch/sweep.ts';
import type { Attempt, Claim, ThreadRef } from '../../../src/inbox/messages/dispatch/types.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { testRedisUrl } from '../../support/environment.ts';
import {
  createSender,
  createSendingTenant,
  createThread,
  loggedStates,
  queueText,
  stored,
  type TestAccount,
} from '../../support/outbound.ts';
import { startProviderStub, type ProviderStub } from '../../support/provider-stub.ts';
import { waitFor } from '../../support/wait.ts';

let db: TestDatabase;
let stub: ProviderStub;
let account: TestAccount;
let thread: ThreadRef;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});
beforeEach(async () => {
  stub = await startProviderStub();
  account = await createSendingTenant(db.database, { baseUrl: stub.url });
  thread = await createThread(db.database, account, '15550100101');
  return () => stub.close();
});

function claimed(claim: Claim): Attempt {
  if (claim.kind !== 'claimed') throw new Error(`expected a claim, got ${claim.kind}`);
  return claim.attempt;
}

/** Two claims that cannot see each other: the first holds the thread, the second already has its snapshot. */
async function raceForTwoMessages(database: TestDatabase, ref: ThreadRef): Promise<Claim[]> {
  const late = await queueText(database.database, ref, 'late');
  await database.database.run('test.hide', (sql) => sql`update messages set send_state = 'failed' where id = ${late}`);
  await queueText(database.database, ref, 'now');
  const second = database.open();
  let racing: Promise<Claim> | undefined;
  const firstClaim = await database.open().transaction('test.race', async (tx) => {
    // As claimMessage does it, but not committed yet.
    await tx`select 1 from threads where id = ${ref.threadId} for no key update`;
    const [row] = await tx<{ id: string }[]>`
      update messages set send_state = 'sending', attempts = 1, attempt_id = gen_random_uuid(),
        attempt_started_at = clock_timestamp()
      where thread_id = ${ref.threadId} and send_state = 'queued' returning id`;
    await database.database.run(
      'test.show',
      (sql) => sql`update messages set send_state = 'queued' where id = ${late}`,
    );
    racing = claimMessage(second, ref);
    await waitFor(() => isBlocked(database), { what: 'the second claim to wait' });
    return row;
  });
  expect(firstClaim?.id).toBeDefined();
  return racing === undefined ? [] : [await racing];
}

async function isBlocked(database: TestDatabase): Promise<boolean> {
  const [row] = await database.database.run(
    'test.blocked',
    (sql) => sql<{ waiting: number }[]>`select count(*) as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%messages%'`,
  );
  return (row?.waiting ?? 0) > 0;
}

async function onTheirWay(database: TestDatabase, ref: ThreadRef): Promise<number> {
  const rows = await database.database.run(
    'test.sending',
    (sql) => sql`select 1 from messages where thread_id = ${ref.threadId} and send_state = 'sending'`,
  );
  return rows.length;
}

describe('claiming', () => {
  it('gives the head of the thread to one of ten workers', async () => {
    const first = await queueText(db.database, thread, 'one');
    await queueText(db.database, thread, 'two');
    const claims = await Promise.all(Array.from({ length: 10 }, () => claimMessage(db.database, thread)));
    const won = claims.filter((claim) => claim.kind === 'claimed');
    expect(won).toHaveLength(1);
    expect(won[0] === undefined ? '' : claimed(won[0]).id).toBe(first);
  });

  it('refuses a second message of a thread whose first claim was not visible yet', async () => {
    expect(await raceForTwoMessages(db, thread)).toEqual([{ kind: 'busy' }]);
    expect(await onTheirWay(db, thread)).toBe(1);
  });

  it('would put two on their way without messages_sending_key (what the test above rests on)', async () => {
    const unguarded = await createTestDatabase();
    try {
      await unguarded.database.run('test.drop_index', (sql) => sql`drop index messages_sending_key`);
      const own = await createSendingTenant(unguarded.database, { baseUrl: stub.url });
      const ref = await createThread(unguarded.database, own, '15550100101');
      await raceForTwoMessages(unguarded, ref);
      expect(await onTheirWay(unguarded, ref)).toBe(2);
    } finally {
      await unguarded.drop();
    }
  });

  it('keeps the order of a thread and one call at a time under four workers, each message once', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `m${String(index)}`);
    for (const text of texts) await queueText(db.database, thread, text);
    const workers = await Promise.all([1, 2, 3, 4].map(() => createSender(db.open(), testRedisUrl())));
    await waitFor(
      async () => {
        await Promise.all(workers.map((worker) => worker.drain(thread)));
        return stub.delivered.length >= texts.length;
      },
      { what: 'all messages' },
    );
    await Promise.all(workers.map((worker) => worker.close()));
    expect(stub.delivered).toEqual(texts);
    expect(stub.mostAtOnce()).toBe(1);
  });
});

describe('recording', () => {
  it('changes nothing when the attempt was taken over by a newer one', async () => {
    const id = await queueText(db.database, thread, 'one');
    const old = claimed(await claimMessage(db.database, thread));
    await giveUpStuckAttempts(db.database, -1000, 10);
    await db.database.run(
      'test.retry',
      (sql) => sql`update messages set send_state = 'queued', attempt_id = null where id = ${id}`,
    );
    const current = claimed(await claimMessage(db.database, thread));
    expect(current.attemptId).not.toBe(old.attemptId);
    const before = await loggedStates(db.database, account.tenantId);
    const late = [
      await recordAccepted(db.database, old, 'wamid.old'),
      await recordUnknown(db.database, old),
      await recordRefused(db.database, old, {
        to: 'failed',
        stopAccount: false,
        closeWindow: false,
        error: { code: '1', title: 'no', retryable: false },
      }),
    ];
    expect(late.map((recorded) => recorded.applied)).toEqual([false, false, false]);
    expect(await stored(db.database, id)).toMatchObject({ sendState: 'sending', providerMessageId: null });
    expect(await loggedStates(db.database, account.tenantId)).toEqual(before);
  });

  it('settles an attempt that was called unknown when its answer comes after all', async () => {
    const id = await queueText(db.database, thread, 'one');
    const attempt = claimed(await claimMessage(db.database, thread));
    await giveUpStuckAttempts(db.database, -1000, 10);
    expect(await stored(db.database, id)).toMatchObject({ status: 'unknown' });
    await recordAccepted(db.database, attempt, 'wamid.late');
    expect(await stored(db.database, id)).toMatchObject({ status: 'sent', providerMessageId: 'wamid.late' });
  });

  it('spares the customer a second copy when the answer comes after an agent pressed retry', async () => {
    const id = await queueText(db.database, thread, 'one');
    const attempt = claimed(await claimMessage(db.database, thread));
    await giveUpStuckAttempts(db.database, -1000, 10);
    await db.database.run(
      'test.retry',
      (sql) => sql`update messages set send_state = 'queued', attempt_id = null where id = ${id}`,
    );
    await recordAccepted(db.database, attempt, 'wamid.late');
    expect(await claimMessage(db.database, thread)).toEqual({ kind: 'none', dueInMs: null });
  });

  it('counts attempts anew after an agent pressed retry', async () => {
    const id = await queueText(db.database, thread, 'one');
    await db.database.run('test.spent', (sql) => sql`update messages set attempts = 8 where id = ${id}`);
    expect(claimed(await claimMessage(db.database, thread)).attempt).toBe(1);
  });
});
