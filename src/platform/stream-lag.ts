/** Keeps a stream's backlog and age gauges up to date. */
import { withDeadline } from '../lib/deadline.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { createStreamRedis } from './redis-cluster.ts';
import { closeRedis } from './redis.ts';
import { streamLag } from './stream-commands.ts';
import { streamLabel } from './stream.ts';

const SAMPLE_EVERY_MS = 5000;

/** Which shards to watch. */
export interface LagSamplerOptions {
  readonly redisUrl: string;
  readonly keys: readonly string[];
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'queueBacklog' | 'queueOldestAge'>;
}

/**
 * Samples every 5 s on a connection of its own until the returned function is called. Failures are skipped, and so are
 * the shards of a cluster whose master is away.
 */
export function startLagSampler(options: LagSamplerOptions): () => Promise<void> {
  const client = createStreamRedis(options.redisUrl, options.log);
  const stream = streamLabel(options.keys[0] ?? '');
  const sample = async (): Promise<void> => {
    if (client.status !== 'ready') return;
    const { backlog, oldestAgeMs } = await withDeadline(streamLag(client, options.keys), SAMPLE_EVERY_MS, 'Redis');
    options.metrics.queueBacklog.set({ stream }, backlog);
    options.metrics.queueOldestAge.set({ stream }, oldestAgeMs / 1000);
  };
  const run = (): void => {
    sample().catch((error: unknown) => {
      options.log.debug({ err: error, stream }, 'Sampling a stream failed.');
    });
  };
  client.once('ready', run);
  const timer = setInterval(run, SAMPLE_EVERY_MS);
  return async () => {
    clearInterval(timer);
    await closeRedis(client);
  };
}
