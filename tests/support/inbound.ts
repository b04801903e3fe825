/** The inbound worker's handler, for tests that feed it themselves. */
import { parseBody, windowOf } from '../../src/deps.ts';
import { createInboundHandler, type InboundDeps } from '../../src/inbox/ingest/worker.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { metrics } from '../../src/platform/metrics.ts';
import type { Database } from '../../src/platform/postgres.ts';
import type { StreamRedis } from '../../src/platform/redis.ts';
import type { StreamHandler } from '../../src/platform/stream-batches.ts';
import type { StreamEntry } from '../../src/platform/stream.ts';
import { silentLog } from './log.ts';

type Channels = InboundDeps['channels'];

/** The worker's handler; nobody is notified of what it stores. `isErased`: by default no business is. */
export function inboundHandler(
  db: Database,
  known: Omit<Channels, 'isErased'> & Partial<Pick<Channels, 'isErased'>>,
): StreamHandler {
  const channels = {
    isErased: known.isErased ?? (() => false),
    resolve: known.resolve,
    ensure: (wanted: Parameters<Channels['ensure']>[0]) => known.ensure(wanted),
  };
  return createInboundHandler({
    ...{ db, channels, log: silentLog, clock: systemClock, metrics, windowOf, parse: parseBody },
    hints: { publish: () => undefined },
    sideEvents: () => Promise.resolve(),
    fetchSoon: () => undefined,
  });
}

/** All entries on these streams. */
export async function entriesOn(redis: StreamRedis, keys: readonly string[]): Promise<StreamEntry[]> {
  const lists = await Promise.all(
    keys.map(async (key) => {
      const found = await redis.xrangeBuffer(key, '-', '+');
      return found.map(([id, flat]) => ({ key, id: id.toString(), fields: fieldsOf(flat), redelivered: false }));
    }),
  );
  return lists.flat();
}

function fieldsOf(flat: readonly Buffer[]): Record<string, Buffer> {
  const fields: Record<string, Buffer> = {};
  for (let at = 0; at + 1 < flat.length; at += 2) fields[flat[at]!.toString()] = flat[at + 1]!;
  return fields;
}
