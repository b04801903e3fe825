/**
 * The worker's half of ingest, for tests that own the gateway: applies everything on the streams as the worker does.
 */
import { streamKeys } from '../../src/platform/stream.ts';
import { SHARDS, type Gateway } from '../http/support.ts';
import { entriesOn, inboundHandler } from './inbound.ts';

const BATCH = 100;
const KEYS = streamKeys('ingest', SHARDS);

/** Applies and removes all entries; resolves with their number. Rejects when a batch could not be applied. */
export async function drain(gateway: Gateway): Promise<number> {
  const handler = inboundHandler(gateway.db, gateway.directory);
  const entries = await entriesOn(gateway.redis, KEYS);
  for (let from = 0; from < entries.length; from += BATCH) await handler(entries.slice(from, from + BATCH));
  await gateway.redis.del(...KEYS);
  return entries.length;
}
