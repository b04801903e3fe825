import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutboundJob } from '../../../src/contract/jobs.ts';
import { OUTBOUND_GROUP, OUTBOUND_STREAM, OutboundQueue } from '../../../src/inbox/messages/dispatch/queue.ts';
import { createOutboundWorker, type OutboundWorker } from '../../../src/inbox/messages/dispatch/worker.ts';
import type { ThreadRef } from '../../../src/inbox/messages/dispatch/types.ts';
import { metrics } from '../../../src/platform/metrics.ts';
import { closeRedis, type RedisClient } from '../../../src/platform/redis.ts';
import { runStreamWorker, uniqueConsumer } from '../../../src/platform/stream-worker.ts';
import { streamKeys, StreamProducer } from '../../../src/platform/stream.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, part, person } from '../../support/ingest.ts';
import { silentLog } from '../../support/log.ts';
import {
  createSender,
  createSendingTenant,
  createThread,
  queueText,
  stored,
  type TestSender,
} from '../../support/outbound.ts';
import { startProviderStub, type ProviderStub } from '../../support/provider-stub.ts';
import { connectRedis, startTestRedis, type TestRedis } from '../../support/redis.ts';
import { waitFor } from '../../support/wait.ts';

const SHARDS = 2;
const KEYS = streamKeys(OUTBOUND_STREAM, SHARDS);
let db: TestDatabase;
let server: TestRedis;
let stub: ProviderStub;
let client: RedisClient;
let queue: OutboundQueue;

beforeAll(async () => {
  db = await createTestDatabase();
  server = await startTestRedis();
});
afterAll(async () => {
  await server.drop();
  await db.drop();
});
beforeEach(async () => {
  stub = await startProviderStub();
  client = await connectRedis(server.url);
  await client.flushall();
  queue = new OutboundQueue(new StreamProducer(client), SHARDS);
  return async () => {
    await closeRedis(client);
    await stub.close();
  };
});

interface Running {
  readonly sender: TestSender;
  readonly worker: OutboundWorker;
  stop(): Promise<void>;
}

/** A whole worker as consumers/outbound runs it. */
async function startWorker(slots = 8): Promise<Running> {
  const sender = await createSender(db.open(), server.url);
  const worker = createOutboundWorker({ ...sender.deps, metrics, redis: client, slots });
  const stopping = new AbortController();
  const reading = runStreamWorker({
    redisUrl: server.url,
    keys: KEYS,
    group: OUTBOUND_GROUP,
    consumer: uniqueConsumer('test'),
    countPerShard: 64,
    maxBatch: 256,
    blockMs: 200,
    reclaimIdleMs: 60_000,
    handler: worker.handler,
    log: silentLog,
    metrics,
    signal: stopping.signal,
  });
  return {
    sender,
    worker,
    stop: async () => {
      stopping.abort();
      await reading;
      await worker.stop();
      await sender.close();
    },
  };
}

const job = (thread: ThreadRef, over: Partial<OutboundJob> = {}): OutboundJob => ({ ...thread, task: 'send', ...over });

async function backlog(): Promise<number> {
  const lengths = await Promise.all(KEYS.map((key) => client.xlen(key)));
  return lengths.reduce((sum, length) => sum + length, 0);
}

describe('the outbound worker', () => {
  it('sends everything of many threads exactly once with four workers and repeated nudges, in order per thread', async () => {
    const account = await createSendingTenant(db.database, { baseUrl: stub.url });
    const threads: ThreadRef[] = [];
    for (let n = 0; n < 12; n += 1) threads.push(await createThread(db.database, account, String(15_550_100_200 + n)));
    const workers = await Promise.all([1, 2, 3, 4].map(() => startWorker()));
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        threads.map(async (thread, n) => {
          await queueText(db.database, thread, `${String(n)}:${String(round)}`);
          await Promise.all([queue.append(job(thread)), queue.append(job(thread))]);
        }),
      );
    }
    await waitFor(() => stub.delivered.length >= 60, { what: 'all messages', deadlineMs: 20_000 });
    await waitFor(async () => (await backlog()) === 0, { what: 'all nudges to be acknowledged' });
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(new Set(stub.delivered).size).toBe(60);
    expect(stub.delivered).toHaveLength(60);
    expect(stub.mostAtOnce()).toBe(1);
    for (let n = 0; n < 12; n += 1) {
      const own = stub.delivered.filter((text) => text.startsWith(`${String(n)}:`));
      expect(own).toEqual([0, 1, 2, 3, 4].map((round) => `${String(n)}:${String(round)}`));
    }
  });

  it('lets no slow number hold up another one', async () => {
    const slow = await createSendingTenant(db.database, { baseUrl: stub.url });
    const quick = await createSendingTenant(db.database, { baseUrl: stub.url });
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    stub.answer = async (call) => {
      if (call.channel === slow.channel) await held;
      return { kind: 'accept' };
    };
    const running = await startWorker(4);
    for (let n = 0; n < 8; n += 1) {
      const thread = await createThread(db.database, slow, String(15_550_100_300 + n));
      await queueText(db.database, thread, `slow${String(n)}`);
      await queue.append(job(thread));
    }
    await waitFor(() => stub.calls.length >= 2, { what: 'the slow number to be called' });
    const thread = await createThread(db.database, quick, '15550100400');
    await queueText(db.database, thread, 'quick');
    await queue.append(job(thread));
    await waitFor(() => stub.delivered.includes('quick'), { what: 'the quick number' });
    expect(stub.delivered).toEqual(['quick']);
    release();
    await waitFor(() => stub.delivered.length === 9, { what: 'the slow number' });
    await running.stop();
  });

  it('an answer of a person is not delayed by 200 messages of a program', async () => {
    const account = await createSendingTenant(db.database, { baseUrl: stub.url, provider: 'cloud' });
    const automatic: OutboundJob[] = [];
    for (let n = 0; n < 200; n += 1) {
      const thread = await createThread(db.database, account, String(15_550_110_000 + n));
      await queueText(db.database, thread, `program ${String(n)}`, 'automatic');
      automatic.push(job(thread, { priority: 'automatic' }));
    }
    const thread = await createThread(db.database, account, '15550109999');
    await queueText(db.database, thread, 'program before it', 'automatic');
    await queueText(db.database, thread, 'a person');
    await Promise.all(automatic.map((each) => queue.append(each)));
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    stub.answer = async (call) => {
      if (call.text.startsWith('program ') && call.text !== 'program before it') await held;
      return { kind: 'accept' };
    };
    const running = await startWorker(8);
    // Every slot that programs may have is taken, and does not come back.
    await waitFor(() => stub.calls.length === 2, { what: 'the program’s first calls' });
    await queue.append(job(thread));
    await waitFor(() => stub.delivered.includes('a person'), { what: 'the answer of a person' });
    expect(stub.delivered).toEqual(['program before it', 'a person']);
    release();
    await waitFor(() => stub.delivered.length === 202, { what: 'everything else', deadlineMs: 30_000 });
    await running.stop();
  });

  it('tells the customer "read" once the carrier has the answer, of what was answered, where the number is set so', async () => {
    const account = await createSendingTenant(db.database, { baseUrl: stub.url });
    await db.database.run(
      'test.policy',
      (sql) => sql`update whatsapp_accounts set read_receipts = 'on_reply' where id = ${account.accountId}`,
    );
    const write = async (digits: string, id: string, atMs: number): Promise<void> => {
      const said = message(account.channel, id, { chat: person(digits), atMs });
      await apply(db.database, account, [part([said], { receivedAtMs: atMs + 1000 })]);
    };
    const [answered, failed] = ['15550100450', '15550100451'];
    const threads = await Promise.all([answered, failed].map((digits) => createThread(db.database, account, digits)));
    await write(answered, 'wamid.in.1', Date.now() - 60_000);
    await write(failed, 'wamid.in.2', Date.now() - 60_000);
    await queueText(db.database, threads[0]!, 'an answer');
    await queueText(db.database, threads[1]!, 'a refused answer');
    await write(answered, 'wamid.in.later', Date.now() + 60_000);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    stub.answer = async ({ text }) => {
      if (text === 'a refused answer') return { kind: 'refuse', status: 400, code: 131026 };
      if (text === 'an answer') await held;
      return { kind: 'accept' };
    };
    const running = await startWorker();
    await Promise.all(threads.map((thread) => queue.append(job(thread))));
    await waitFor(() => stub.calls.length === 2, { what: 'both answers to be tried' });
    release();
    await waitFor(() => stub.calls.length === 3, { what: 'the receipt' });
    await running.stop();
    expect(stub.calls.map(({ body }) => body['message_id']).filter(Boolean)).toEqual(['wamid.in.1']);
    expect(stub.calls[2]!.body).toMatchObject({ status: 'read' });
  });

  it('finishes and records the call under way when it is told to stop, and starts no other', async () => {
    const account = await createSendingTenant(db.database, { baseUrl: stub.url });
    const thread = await createThread(db.database, account, '15550100500');
    const first = await queueText(db.database, thread, 'one');
    const second = await queueText(db.database, thread, 'two');
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    stub.answer = async () => {
      await held;
      return { kind: 'accept' };
    };
    const running = await startWorker();
    await queue.append(job(thread));
    await waitFor(() => stub.calls.length === 1, { what: 'the call' });
    const stopped = running.stop();
    release();
    await stopped;
    expect(await stored(db.database, first)).toMatchObject({ status: 'sent' });
    expect(await stored(db.database, second)).toMatchObject({ sendState: 'queued', attempts: 0 });
  });

  it('waits with a number whose carrier is down, and sends what waited when it is back', async () => {
    const account = await createSendingTenant(db.database, { baseUrl: stub.url });
    const running = await startWorker(1);
    const sent: string[] = [];
    stub.answer = () => ({ kind: 'refuse', status: 503, code: 131016 });
    for (let n = 0; n < 15; n += 1) {
      const thread = await createThread(db.database, account, String(15_550_100_600 + n));
      sent.push(await queueText(db.database, thread, `m${String(n)}`));
      await queue.append(job(thread));
    }
    const breaker = running.sender.deps.breakers.of(account.accountId);
    await waitFor(() => breaker.tripped, { what: 'the breaker to open' });
    // A call counts as soon as it is made, an attempt once its answer is recorded.
    const areRecorded = async (): Promise<boolean> => {
      const messages = await Promise.all(sent.map((id) => stored(db.database, id)));
      const attempts = messages.reduce((sum, message) => sum + message.attempts, 0);
      return messages.every(({ sendState }) => sendState === 'queued') && attempts === stub.calls.length;
    };
    await waitFor(areRecorded, { what: 'all to wait, and every call to be one attempt' });
    expect(stub.calls.length).toBeLessThan(15);
    await running.stop();
  });

  it('tells the customer that a message was read, once for many jobs, and forgets what is old', async () => {
    const account = await createSendingTenant(db.database, { baseUrl: stub.url });
    const thread = await createThread(db.database, account, '15550100700');
    const stale = `${String(Date.now() - 11_000)}-0`;
    await client.xadd(
      KEYS[0] ?? '',
      stale,
      'j',
      JSON.stringify(job(thread, { task: 'typing', providerMessageId: 'w0' })),
    );
    await queue.append(job(thread, { task: 'read', providerMessageId: 'w1' }));
    await queue.append(job(thread, { task: 'typing', providerMessageId: 'w2' }));
    const running = await startWorker();
    await waitFor(() => stub.calls.length >= 2, { what: 'both signals' });
    await waitFor(async () => (await backlog()) === 0, { what: 'all jobs to be acknowledged' });
    await running.stop();
    expect(
      stub.calls.map(({ body }) => [body['status'], body['message_id'], 'typing_indicator' in body]).sort(),
    ).toEqual([
      ['read', 'w1', false],
      ['read', 'w2', true],
    ]);
  });

  it('shows no typing for a number that never says "read", where typing would say so', async () => {
    const silent = await createSendingTenant(db.database, { baseUrl: stub.url });
    const talking = await createSendingTenant(db.database, { baseUrl: stub.url });
    await db.database.run(
      'test.policy',
      (sql) => sql`update whatsapp_accounts set read_receipts = 'never' where id = ${silent.accountId}`,
    );
    const running = await startWorker();
    for (const account of [silent, talking]) {
      const thread = await createThread(db.database, account, '15550100750');
      await queue.append(job(thread, { task: 'typing', providerMessageId: `w-${account.channel}` }));
    }
    await waitFor(() => stub.calls.length > 0, { what: 'the other number’s typing' });
    await waitFor(async () => (await backlog()) === 0, { what: 'all jobs to be acknowledged' });
    await running.stop();
    expect(stub.calls.map(({ channel }) => channel)).toEqual([talking.channel]);
  });

  it('puts an entry that is not a job aside and goes on', async () => {
    const account = await createSendingTenant(db.database, { baseUrl: stub.url });
    const thread = await createThread(db.database, account, '15550100800');
    await client.xadd(KEYS[0] ?? '', '*', 'j', 'not json');
    await queueText(db.database, thread, 'after');
    await queue.append(job(thread));
    const running = await startWorker();
    await waitFor(() => stub.delivered.includes('after'), { what: 'the message behind it' });
    await waitFor(async () => (await backlog()) === 0, { what: 'all jobs to be acknowledged' });
    await running.stop();
  });
});
