/** The receipt that goes with an answer reaches the carrier, whoever dies in between and however often it is refused. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { dueReceiptsJob } from '../../../src/inbox/housekeeping/sweeper.ts';
import { SignalSender, type Signal } from '../../../src/inbox/messages/dispatch/signals.ts';
import type { ThreadRef } from '../../../src/inbox/messages/dispatch/types.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, part, person } from '../../support/ingest.ts';
import { recordingQueue } from '../../support/jobs.ts';
import {
  createSender,
  createSendingTenant,
  createThread,
  queueText,
  stored,
  type TestSender,
} from '../../support/outbound.ts';
import { startProviderStub, type ProviderStub } from '../../support/provider-stub.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { waitFor } from '../../support/wait.ts';

let db: TestDatabase;
let server: TestRedis;
let stub: ProviderStub;
/** Sends, and dies before it tells anything else: it drops every signal. */
let dying: TestSender;
let digits = 15_550_109_000;

beforeAll(async () => {
  [db, server, stub] = await Promise.all([createTestDatabase(), startTestRedis(), startProviderStub()]);
  dying = await createSender(db.database, server.url);
});
afterAll(async () => {
  await dying.close();
  await stub.close();
  await server.drop();
  await db.drop();
});
beforeEach(() => {
  stub.answer = () => ({ kind: 'accept' });
  stub.calls.length = 0;
});

const receipts = (): unknown[] => stub.calls.flatMap(({ body }) => body['message_id'] ?? []);

/** A question of a customer, `wamid.q…`, answered through a number that tells "read" with answers. */
async function answered(): Promise<{ readonly thread: ThreadRef; readonly question: string; readonly answer: string }> {
  digits += 1;
  const account = await createSendingTenant(db.database, { baseUrl: stub.url });
  await db.database.run(
    'test.policy',
    (sql) => sql`update whatsapp_accounts set read_receipts = 'on_reply' where id = ${account.accountId}`,
  );
  const thread = await createThread(db.database, account, String(digits));
  const question = `wamid.q${String(digits)}`;
  const said = message(account.channel, question, { chat: person(String(digits)), atMs: Date.now() - 60_000 });
  await apply(db.database, account, [part([said], { receivedAtMs: Date.now() - 59_000 })]);
  const answer = await queueText(db.database, thread, 'an answer');
  await dying.drain(thread);
  expect(await stored(db.database, answer)).toMatchObject({ sendState: 'accepted' });
  return { thread, question, answer };
}

/** One round of the sweeper, after `seconds`, and a worker that gets what it nudges. */
async function sweep(seconds: number): Promise<number> {
  await db.database.run(
    'test.later',
    (sql) => sql`update receipts set next_attempt_at = next_attempt_at - ${seconds} * interval '1 s',
      created_at = created_at - ${seconds} * interval '1 s'`,
  );
  const queue = recordingQueue();
  const count = await dueReceiptsJob({ db: db.database, queue }).run();
  const { accounts, breakers, post, clock, log, metrics } = dying.deps;
  const signals = new SignalSender({ db: db.database, accounts, breakers, post, clock, log, metrics });
  for (const job of queue.jobs) signals.offer({ job, writtenMs: clock.nowMs() } as Signal);
  const before = stub.calls.length;
  if (count > 0) await waitFor(() => stub.calls.length > before, { what: 'the call' });
  await signals.stop();
  return count;
}

it('is told by the sweeper where the worker that sent the answer is gone, once', async () => {
  const { question } = await answered();
  expect(receipts()).toEqual([]);
  expect(await sweep(5)).toBe(0);
  expect(await sweep(5)).toBe(1);
  expect(receipts()).toEqual([question]);
  expect(await sweep(600)).toBe(0);
});

it('is tried again, less and less often, until the carrier takes it', async () => {
  const { question } = await answered();
  stub.answer = () => ({ kind: 'refuse', status: 500, code: 2 });
  expect(await sweep(10)).toBe(1);
  expect(await sweep(1)).toBe(0);
  expect(await sweep(5)).toBe(1);
  stub.answer = () => ({ kind: 'accept' });
  expect(await sweep(10)).toBe(1);
  expect(receipts().every((id) => id === question)).toBe(true);
  expect(await sweep(600)).toBe(0);
});

it('is dropped when nobody wants to know any more, and when the carrier never will', async () => {
  await answered();
  expect(await sweep(3700)).toBe(0);
  expect(await sweep(3700)).toBe(0);
  await answered();
  stub.answer = () => ({ kind: 'refuse', status: 400, code: 100 });
  expect(await sweep(10)).toBe(1);
  expect(await sweep(600)).toBe(0);
});

it('is not owed by a number that tells at once', async () => {
  const account = await createSendingTenant(db.database, { baseUrl: stub.url });
  const thread = await createThread(db.database, account, '15550109999');
  await queueText(db.database, thread, 'an answer');
  await dying.drain(thread);
  expect(await sweep(600)).toBe(0);
});
