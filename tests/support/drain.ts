/** The worker's half of ingest for tests that own the gateway: everything on the streams, applied as the worker does. */
import { parseBody, windowOf } from '../../src/deps.ts';
import { createInboundHandler } from '../../src/inbox/ingest/worker.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { metrics } from '../../src/platform/metrics.ts';
import type { StreamEntry } from '../../src/platform/stream.ts';
import { streamKeys } from '../../src/platform/stream.ts';
import { SHARDS, type Gateway } from '../http/support.ts';
import { silentLog } from './log.ts';

const BATCH = 100;

/** Applies and removes all entries; resolves with their number. Rejects when a batch could not be applied. */
export async function drain(gateway: Gateway): Promise<number> {
  const handler = createInboundHandler({
    ...{ db: gateway.db, log: silentLog, clock: systemClock, metrics, windowOf, parse: parseBody },
    channels: gateway.directory,
    hints: { publish: () => undefined },
    sideEvents: () => Promise.resolve(),
    fetchSoon: () => undefined,
  });
  const entries = await waiting(gateway);
  for (let from = 0; from < entries.length; from += BATCH) await handler(entries.slice(from, from + BATCH));
  await gateway.redis.del(...streamKeys('ingest', SHARDS));
  return entries.length;
}

async function waiting(gateway: Gateway): Promise<StreamEntry[]> {
  const lists = await Promise.all(
    streamKeys('ingest', SHARDS).map(async (key) => {
      const found = await gateway.redis.xrangeBuffer(key, '-', '+');
      return found.map(([id, fields]) => ({ key, id: id.toString(), fields: pairs(fields), redelivered: false }));
    }),
  );
  return lists.flat();
}

function pairs(fields: readonly Buffer[]): Record<string, Buffer> {
  const found: Record<string, Buffer> = {};
  for (let at = 0; at + 1 < fields.length; at += 2)
    found[fields[at]?.toString() ?? ''] = fields[at + 1] ?? Buffer.alloc(0);
  return found;
}
