import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { metrics } from '../../src/platform/metrics.ts';
import { closeRedis, createRedis } from '../../src/platform/redis.ts';
import type { RedisClient } from '../../src/platform/redis.ts';
import { runStreamWorker, uniqueConsumer } from '../../src/platform/stream-worker.ts';
import type { StreamHandler } from '../../src/platform/stream-batches.ts';
import type { StreamWorkerOptions } from '../../src/platform/stream-worker.ts';
import { StreamProducer, streamKeys } from '../../src/platform/stream.ts';
import type { StreamEntry } from '../../src/platform/stream.ts';
import { recordingLog, silentLog } from '../support/log.ts';
import { startTestRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

let redis: TestRedis;
let client: RedisClient;
let producer: StreamProducer;
let keys: readonly string[];
let running: { stop: () => Promise<void> }[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
  client = createRedis(redis.url, 'producer', silentLog);
  producer = new StreamProducer(client);
});
beforeEach(async () => {
  keys = streamKeys(`s${randomBytes(4).toString('hex')}`, 4);
  await waitFor(() => client.status === 'ready');
});
afterEach(async () => {
  await Promise.all(running.map((worker) => worker.stop()));
  running = [];
});
afterAll(async () => {
  await closeRedis(client);
  await redis.drop();
});

const all = (entries: readonly StreamEntry[]): Map<string, string[]> => {
  const ids = new Map<string, string[]>();
  for (const { key, id } of entries) ids.set(key, [...(ids.get(key) ?? []), id]);
  return ids;
};
const valueOf = (entry: StreamEntry): string => entry.fields['n']?.toString() ?? '';

function start(handler: StreamHandler, extra: Partial<StreamWorkerOptions> = {}): { stop: () => Promise<void> } {
  const controller = new AbortController();
  const finished = runStreamWorker({
    redisUrl: redis.url,
    keys,
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
  running.push(worker);
  return worker;
}

function collector(): { readonly seen: string[]; readonly handler: StreamHandler } {
  const seen: string[] = [];
  return {
    seen,
    handler: (entries) => {
      seen.push(...entries.map(valueOf));
      return Promise.resolve(all(entries));
    },
  };
}

const append = (shard: number, n: string): Promise<string> => producer.append(keys[shard] ?? '', { n }, 2000);
const backlog = async (): Promise<number> =>
  (await Promise.all(keys.map((key) => client.xlen(key)))).reduce((sum, length) => sum + length, 0);

describe('a stream worker', () => {
  it('gets what was appended before it existed, acknowledges and deletes it', async () => {
    await Promise.all([append(0, 'a'), append(1, 'b'), append(3, 'c')]);
    const { seen, handler } = collector();
    start(handler);
    await waitFor(async () => (await backlog()) === 0);
    expect([...seen].sort()).toEqual(['a', 'b', 'c']);
  });

  it('lets a noisy shard take no more than its share of a read', async () => {
    for (let index = 0; index < 500; index += 1) void append(0, `noisy${String(index)}`);
    await append(0, 'last');
    await append(1, 'quiet');
    const batches: number[] = [];
    let quietAfter = -1;
    start(
      (entries) => {
        batches.push(entries.length);
        if (entries.some((entry) => valueOf(entry) === 'quiet')) quietAfter = batches.length;
        return Promise.resolve(all(entries));
      },
      { countPerShard: 20, maxBatch: 30 },
    );
    await waitFor(async () => (await backlog()) === 0);
    expect(quietAfter).toBe(1);
    expect(Math.max(...batches)).toBeLessThanOrEqual(30);
  });

  it('works on quiet shards while the batch of a crowded one takes its time', async () => {
    for (let index = 0; index < 60; index += 1) await append(0, `noisy${String(index)}`);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen: string[] = [];
    let noisyAtOnce = 0;
    let mostNoisy = 0;
    start(
      async (entries) => {
        const isNoisy = entries.some((entry) => valueOf(entry).startsWith('noisy'));
        if (isNoisy) {
          noisyAtOnce += 1;
          mostNoisy = Math.max(mostNoisy, noisyAtOnce);
          await gate;
          noisyAtOnce -= 1;
        }
        seen.push(...entries.map(valueOf));
        return all(entries);
      },
      { countPerShard: 20, maxBatch: 30 },
    );
    await waitFor(() => noisyAtOnce === 1);
    for (const n of ['one', 'two', 'three']) {
      await append(1, n);
      await waitFor(() => seen.includes(n));
    }
    expect(seen).toEqual(['one', 'two', 'three']);
    release();
    await waitFor(async () => (await backlog()) === 0);
    expect(seen.slice(3)).toEqual(Array.from({ length: 60 }, (_, index) => `noisy${String(index)}`));
    expect(mostNoisy).toBe(1);
  });

  it('works on while what it has finished is being acknowledged', async () => {
    for (const n of ['a', 'b']) await append(0, n);
    const { seen, handler } = collector();
    const pausing: StreamHandler = async (entries) => {
      if (seen.length === 0) await client.client('PAUSE', 30_000, 'WRITE');
      return await handler(entries);
    };
    start(pausing, { maxBatch: 1 });
    await waitFor(() => seen.length === 2);
    await client.client('UNPAUSE');
    await waitFor(async () => (await backlog()) === 0);
  });

  it('keeps a batch that fails, tries it again and reads nothing new meanwhile', async () => {
    await append(0, 'first');
    const tries: string[][] = [];
    start(async (entries) => {
      tries.push(entries.map(valueOf));
      if (tries.length === 1) await append(0, 'second');
      if (tries.length < 4) throw new Error('the database is away');
      return all(entries);
    });
    await waitFor(async () => tries.length >= 5 && (await backlog()) === 0);
    expect(tries).toEqual([['first'], ['first'], ['first'], ['first'], ['second']]);
  });

  it('gives entries left unacknowledged again after the reclaim time', async () => {
    await append(0, 'later');
    let deliveries = 0;
    const flags: boolean[] = [];
    start((entries) => {
      deliveries += entries.length;
      flags.push(...entries.map((entry) => entry.redelivered));
      return Promise.resolve(deliveries < 2 ? new Map<string, string[]>() : all(entries));
    });
    await waitFor(async () => (await backlog()) === 0);
    expect(flags).toEqual([false, true]);
  });

  it('takes over what a dead consumer held', async () => {
    await append(2, 'orphan');
    await client.xgroup('CREATE', keys[2] ?? '', 'g', '0');
    await client.xreadgroup('GROUP', 'g', 'dead', 'STREAMS', keys[2] ?? '', '>');
    const { seen, handler } = collector();
    start(handler, { reclaimIdleMs: 300 });
    await waitFor(async () => (await backlog()) === 0);
    expect(seen).toEqual(['orphan']);
  });

  it('is not robbed of a batch it is still working on', async () => {
    await append(0, 'slow');
    let working = 0;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: StreamHandler = async (entries) => {
      working += 1;
      await gate;
      return all(entries);
    };
    start(slow, { reclaimIdleMs: 600 });
    await waitFor(() => working === 1);
    const { seen, handler } = collector();
    start(handler, { reclaimIdleMs: 600 });
    // Only the second worker claims meanwhile: the first is inside its handler.
    const before = await claimAttempts();
    await waitFor(async () => (await claimAttempts()) >= before + 4 * keys.length);
    expect(seen).not.toContain('slow');
    release();
    await waitFor(async () => (await backlog()) === 0);
    expect(working).toBe(1);
  });

  it('survives Redis being killed: everything acknowledged by XADD is handled', async () => {
    const { seen, handler } = collector();
    start(handler);
    const sent: string[] = [];
    for (let index = 0; index < 200; index += 1) {
      const n = String(index);
      if (index === 100) {
        await redis.kill();
        await redis.restart();
        await waitFor(() => client.status === 'ready');
      }
      await append(index % 4, n).then(
        () => sent.push(n),
        () => undefined,
      );
    }
    await waitFor(async () => (await backlog()) === 0, { deadlineMs: 20_000 });
    expect(sent.length).toBeGreaterThan(150);
    expect(sent.filter((n) => !seen.includes(n))).toEqual([]);
  });

  it('survives Redis being frozen', async () => {
    const { seen, handler } = collector();
    const { log, text } = recordingLog();
    start(handler, { blockMs: 200, log });
    await append(0, 'before');
    await waitFor(() => seen.includes('before'));
    redis.freeze();
    await waitFor(() => text().includes('connecting again'));
    redis.thaw();
    await waitFor(async () =>
      append(0, 'after').then(
        () => true,
        () => false,
      ),
    );
    await waitFor(() => seen.includes('after'), { deadlineMs: 15_000 });
  });

  it('recreates a group that vanished from the very start', async () => {
    const { seen, handler } = collector();
    start(handler);
    await append(0, 'one');
    await waitFor(() => seen.includes('one'));
    await client.del(...keys);
    await append(0, 'two');
    await waitFor(() => seen.includes('two'));
  });

  it('finishes its batch when stopped, and leaves no consumer behind', async () => {
    await append(0, 'a');
    let entered = false;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const worker = start(async (entries) => {
      entered = true;
      await gate;
      return all(entries);
    });
    await waitFor(() => entered);
    const stopping = worker.stop();
    release();
    await stopping;
    expect(await backlog()).toBe(0);
    const consumers = await client.xinfo('CONSUMERS', keys[0] ?? '', 'g');
    expect(consumers).toEqual([]);
  });

  it('stops at once while it waits for entries', async () => {
    const { handler } = collector();
    const worker = start(handler, { blockMs: 60_000 });
    await waitFor(async () => ((await client.client('LIST')) as string).includes('cmd=xreadgroup'));
    await worker.stop();
  });

  it('stops during an outage and leaves its batch to others', async () => {
    await append(0, 'kept');
    let tried = false;
    const worker = start(() => {
      tried = true;
      return Promise.reject(new Error('the database is away'));
    });
    await waitFor(() => tried);
    await worker.stop();
    expect(await backlog()).toBe(1);
    const { seen, handler } = collector();
    start(handler, { reclaimIdleMs: 200 });
    await waitFor(() => seen.includes('kept'));
  });
});

async function claimAttempts(): Promise<number> {
  const stats = await client.info('commandstats');
  return Number(/cmdstat_xautoclaim:calls=([0-9]+)/.exec(stats)?.[1] ?? 0);
}
