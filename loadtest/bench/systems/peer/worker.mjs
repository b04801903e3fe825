/** The peer's worker: BullMQ with ten jobs at a time; duplicates are kept out by a key in Redis, as is usual. */
import { Worker } from 'bullmq';
import { sql } from 'drizzle-orm';
import { Redis } from 'ioredis';

import { serveNothing } from '../serve.mjs';
import { CHANNEL, INBOUND, openDatabase, redisOptions } from './connections.mjs';
import { accounts, messages, threads } from './tables.mjs';

const CONCURRENCY = 10;
const DAY_S = 86_400;

const db = openDatabase(CONCURRENCY);
const redis = new Redis({ ...redisOptions() });
const accountIds = new Map((await db.select().from(accounts)).map(({ id, channel }) => [channel, id]));

const worker = new Worker(
  INBOUND,
  async ({ data }) => {
    for (const { changes } of data.entry) {
      for (const { value } of changes) await handle(value);
    }
  },
  { connection: redisOptions(), concurrency: CONCURRENCY },
);
await worker.waitUntilReady();
serveNothing();

/** @param {any} value of a webhook */
async function handle({ metadata, messages: received = [] }) {
  for (const message of received) {
    const seen = `peer:seen:${message.id}`;
    if ((await redis.set(seen, '1', 'EX', DAY_S, 'NX')) === null) continue;
    try {
      await store(metadata.phone_number_id, message);
    } catch (error) {
      await redis.del(seen); // or the next attempt would take it for a copy
      throw error;
    }
  }
}

/**
 * @param {string} channel
 * @param {any} message
 */
async function store(channel, message) {
  const [wamid, body] = [message.id, message.text.body];
  const thread = await db.transaction(async (tx) => {
    const [row] = await tx
      .insert(threads)
      .values({
        accountId: accountIds.get(channel) ?? 0,
        ...{ contact: message.from, unread: 1, lastWamid: wamid, lastAt: new Date() },
      })
      .onConflictDoUpdate({
        target: [threads.accountId, threads.contact],
        set: { unread: sql`${threads.unread} + 1`, lastWamid: wamid, lastAt: new Date() },
      })
      .returning();
    if (!row) throw new Error('an upsert returns its row');
    await tx.insert(messages).values({ threadId: row.id, wamid, body, at: new Date(message.timestamp * 1000) });
    return row;
  });
  const { id, contact, unread } = thread;
  await redis.publish(CHANNEL, JSON.stringify({ channel, thread: id, contact, wamid, body, unread }));
}
