/** The peer's connections and names in Redis. */
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';

/** BullMQ queue of webhooks: added by the api, worked on by the worker. */
export const INBOUND = 'inbound';
/** BullMQ queue of messages to send: added by the api; nobody works on it here. */
export const OUTBOUND = 'outbound';
/** Pub/sub channel: one message per inbox message. */
export const CHANNEL = 'peer:messages';

/** BullMQ's advice for queues that are used for long: finished jobs go, failed ones are tried again. */
export const JOB = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 500 },
  removeOnComplete: true,
  removeOnFail: 1_000,
};

/** @returns {{ host: string, port: number, maxRetriesPerRequest: null }} for BullMQ */
export function redisOptions() {
  const { hostname, port } = new URL(process.env['REDIS_URL'] ?? '');
  return { host: hostname, port: Number(port), maxRetriesPerRequest: null };
}

/** @param {number} max connections */
export function openDatabase(max) {
  return drizzle(new pg.Pool({ connectionString: process.env['DATABASE_URL'] ?? '', max }));
}
