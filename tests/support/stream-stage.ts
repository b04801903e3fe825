/** A private Redis, four shards of a new stream for each test, and workers that end with it. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { metrics } from '../../src/platform/metrics.ts';
import { closeRedis, createRedis, type RedisClient } from '../../src/platform/redis.ts';
import type { StreamHandler } from '../../src/platform/stream-batches.ts';
import { runStreamWorker, uniqueConsumer, type StreamWorkerOptions } from '../../src/platform/stream-worker.ts';
import { idsByKey, StreamProducer, streamKeys, type StreamEntry } from '../../src/platform/stream.ts';
import { silentLog } from './log.ts';
import { startTestRedis, type TestRedis } from './redis.ts';
import { waitFor } from './wait.ts';

/** A worker that reads. `stop` resolves when it has finished. */
interface Reading {
  readonly stop: () => Promise<void>;
}

/** The value with which a test appended the entry. */
export function valueOf(entry: StreamEntry): string {
  return entry.fields['n']?.toString() ?? '';
}

/** A handler that finishes everything and records it, batch by batch. */
export function collector(): {
  readonly batches: readonly (readonly string[])[];
  readonly handler: StreamHandler;
} {
  const batches: string[][] = [];
  return {
    batches,
    handler: (entries) => {
      batches.push(entries.map(valueOf));
      return Promise.resolve(idsByKey(entries));
    },
  };
}

/** For the tests of one file; create it outside of them. */
export class StreamStage {
  redis!: TestRedis;
  client!: RedisClient;
  keys: readonly string[] = [];
  #producer!: StreamProducer;
  #running: Reading[] = [];

  constructor() {
    beforeAll(async () => {
      this.redis = await startTestRedis();
      this.client = createRedis(this.redis.url, 'producer', silentLog);
      this.#producer = new StreamProducer(this.client);
    });
    beforeEach(async () => {
      this.keys = streamKeys(`s${randomBytes(4).toString('hex')}`, 4);
      await waitFor(() => this.client.status === 'ready');
    });
    afterEach(async () => {
      await Promise.all(this.#running.map((worker) => worker.stop()));
      this.#running = [];
    });
    afterAll(async () => {
      await closeRedis(this.client);
      await this.redis.drop();
    });
  }

  start(handler: StreamHandler, extra: Partial<StreamWorkerOptions> = {}): Reading {
    const controller = new AbortController();
    const finished = runStreamWorker({
      redisUrl: this.redis.url,
      keys: this.keys,
      group: 'g',
      consumer: uniqueConsumer('test'),
      countPerShard: 50,
      maxBatch: 100,
      blockMs: 500,
      reclaimIdleMs: 1000,
      handler,
      log: silentLog,
      metrics,
      signal: controller.signal,
      ...extra,
    });
    const worker = {
      stop: async (): Promise<void> => {
        controller.abort();
        await finished;
      },
    };
    this.#running.push(worker);
    return worker;
  }

  append(shard: number, n: string): Promise<string> {
    return this.#producer.append(this.keys[shard] ?? '', { n }, 2000);
  }

  /** Entries that are not acknowledged, of all shards. */
  async backlog(): Promise<number> {
    const lengths = await Promise.all(this.keys.map((key) => this.client.xlen(key)));
    return lengths.reduce((sum, length) => sum + length, 0);
  }

  /** How often Redis has run a command. */
  async callsOf(command: string): Promise<number> {
    const stats = await this.client.info('commandstats');
    return Number(new RegExp(`cmdstat_${command}:calls=([0-9]+)`).exec(stats)?.[1] ?? 0);
  }
}
