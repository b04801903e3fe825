import { describe, expect, it } from 'vitest';
import { renderMetrics } from '../../src/platform/metrics.ts';
import { idsByKey, streamLabel } from '../../src/platform/stream.ts';
import { recordingLog } from '../support/log.ts';
import { collector, StreamStage, valueOf } from '../support/stream-stage.ts';
import type { StreamHandler } from '../../src/platform/stream-batches.ts';
import { waitFor } from '../support/wait.ts';

const stage = new StreamStage();

describe('a stream worker', () => {
  it('counts from 0, so that the first failure is seen as a rise', async () => {
    stage.start(collector().handler);
    const { body } = await renderMetrics();
    const stream = streamLabel(stage.keys[0] ?? '');
    expect(body).toContain(`hunfly_queue_completed_total{stream="${stream}"} 0\n`);
    expect(body).toContain(`hunfly_queue_failed_total{stream="${stream}"} 0\n`);
  });

  it('gets what was appended before it existed, acknowledges and deletes it', async () => {
    await Promise.all([stage.append(0, 'a'), stage.append(1, 'b'), stage.append(3, 'c')]);
    const { batches, handler } = collector();
    stage.start(handler);
    await waitFor(async () => (await stage.backlog()) === 0);
    expect(batches.flat().sort()).toEqual(['a', 'b', 'c']);
  });

  it('lets a noisy shard take no more than its share of a read', async () => {
    for (let index = 0; index < 500; index += 1) void stage.append(0, `noisy${String(index)}`);
    await stage.append(0, 'last');
    await stage.append(1, 'quiet');
    const batches: number[] = [];
    let quietAfter = -1;
    stage.start(
      (entries) => {
        batches.push(entries.length);
        if (entries.some((entry) => valueOf(entry) === 'quiet')) quietAfter = batches.length;
        return Promise.resolve(idsByKey(entries));
      },
      { countPerShard: 20, maxBatch: 30 },
    );
    await waitFor(async () => (await stage.backlog()) === 0);
    expect(quietAfter).toBe(1);
    expect(Math.max(...batches)).toBeLessThanOrEqual(30);
  });

  it('works on quiet shards while the batch of a crowded one takes its time', async () => {
    for (let index = 0; index < 60; index += 1) await stage.append(0, `noisy${String(index)}`);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen: string[] = [];
    let noisyAtOnce = 0;
    let mostNoisy = 0;
    stage.start(
      async (entries) => {
        const isNoisy = entries.some((entry) => valueOf(entry).startsWith('noisy'));
        if (isNoisy) {
          noisyAtOnce += 1;
          mostNoisy = Math.max(mostNoisy, noisyAtOnce);
          await gate;
          noisyAtOnce -= 1;
        }
        seen.push(...entries.map(valueOf));
        return idsByKey(entries);
      },
      { countPerShard: 20, maxBatch: 30 },
    );
    await waitFor(() => noisyAtOnce === 1);
    for (const n of ['one', 'two', 'three']) {
      await stage.append(1, n);
      await waitFor(() => seen.includes(n));
    }
    expect(seen).toEqual(['one', 'two', 'three']);
    release();
    await waitFor(async () => (await stage.backlog()) === 0);
    expect(seen.slice(3)).toEqual(Array.from({ length: 60 }, (_, index) => `noisy${String(index)}`));
    expect(mostNoisy).toBe(1);
  });

  it('ends its wait when the batch of a crowded shard is done, to read that shard again', async () => {
    for (let index = 0; index < 60; index += 1) await stage.append(0, String(index));
    const { batches, handler } = collector();
    const before = await stage.callsOf('client\\|unblock');
    stage.start(handler, { countPerShard: 20, maxBatch: 30 });
    await waitFor(async () => (await stage.backlog()) === 0);
    expect(batches.flat()).toHaveLength(60);
    expect(await stage.callsOf('client\\|unblock')).toBeGreaterThanOrEqual(before + 3);
  });

  it('keeps a batch that fails, tries it again and reads nothing new meanwhile', async () => {
    await stage.append(0, 'first');
    const tries: string[][] = [];
    stage.start(async (entries) => {
      tries.push(entries.map(valueOf));
      if (tries.length === 1) await stage.append(0, 'second');
      if (tries.length < 4) throw new Error('the database is away');
      return idsByKey(entries);
    });
    await waitFor(async () => tries.length >= 5 && (await stage.backlog()) === 0);
    expect(tries).toEqual([['first'], ['first'], ['first'], ['first'], ['second']]);
  });

  it('gives entries left unacknowledged again after the reclaim time', async () => {
    await stage.append(0, 'later');
    let deliveries = 0;
    const flags: boolean[] = [];
    stage.start((entries) => {
      deliveries += entries.length;
      flags.push(...entries.map((entry) => entry.redelivered));
      return Promise.resolve(deliveries < 2 ? new Map<string, string[]>() : idsByKey(entries));
    });
    await waitFor(async () => (await stage.backlog()) === 0);
    expect(flags).toEqual([false, true]);
  });

  it('takes over what a dead consumer held', async () => {
    await stage.append(2, 'orphan');
    await stage.client.xgroup('CREATE', stage.keys[2] ?? '', 'g', '0');
    await stage.client.xreadgroup('GROUP', 'g', 'dead', 'STREAMS', stage.keys[2] ?? '', '>');
    const { batches, handler } = collector();
    stage.start(handler, { reclaimIdleMs: 300 });
    await waitFor(async () => (await stage.backlog()) === 0);
    expect(batches.flat()).toEqual(['orphan']);
  });

  it('is not robbed of a batch it is still working on', async () => {
    await stage.append(0, 'slow');
    let working = 0;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: StreamHandler = async (entries) => {
      working += 1;
      await gate;
      return idsByKey(entries);
    };
    stage.start(slow, { reclaimIdleMs: 600 });
    await waitFor(() => working === 1);
    const { batches, handler } = collector();
    stage.start(handler, { reclaimIdleMs: 600 });
    // Only the second worker claims meanwhile: the first is inside its handler.
    const before = await stage.callsOf('xautoclaim');
    await waitFor(async () => (await stage.callsOf('xautoclaim')) >= before + 4 * stage.keys.length);
    expect(batches.flat()).not.toContain('slow');
    release();
    await waitFor(async () => (await stage.backlog()) === 0);
    expect(working).toBe(1);
  });

  it('survives Redis being killed: everything acknowledged by XADD is handled', async () => {
    const { batches, handler } = collector();
    stage.start(handler);
    const sent: string[] = [];
    for (let index = 0; index < 200; index += 1) {
      const n = String(index);
      if (index === 100) {
        await stage.redis.kill();
        await stage.redis.restart();
        await waitFor(() => stage.client.status === 'ready');
      }
      await stage.append(index % 4, n).then(
        () => sent.push(n),
        () => undefined,
      );
    }
    await waitFor(async () => (await stage.backlog()) === 0, { deadlineMs: 20_000 });
    expect(sent.length).toBeGreaterThan(150);
    const seen = new Set(batches.flat());
    expect(sent.filter((n) => !seen.has(n))).toEqual([]);
  });

  it('survives Redis being frozen', async () => {
    const { batches, handler } = collector();
    const { log, text } = recordingLog();
    stage.start(handler, { blockMs: 200, log });
    await stage.append(0, 'before');
    await waitFor(() => batches.flat().includes('before'));
    stage.redis.freeze();
    await waitFor(() => text().includes('connecting again'));
    stage.redis.thaw();
    await waitFor(async () =>
      stage.append(0, 'after').then(
        () => true,
        () => false,
      ),
    );
    await waitFor(() => batches.flat().includes('after'), { deadlineMs: 15_000 });
  });

  it('recreates a group that vanished from the very start', async () => {
    const { batches, handler } = collector();
    stage.start(handler);
    await stage.append(0, 'one');
    await waitFor(() => batches.flat().includes('one'));
    await stage.client.del(...stage.keys);
    await stage.append(0, 'two');
    await waitFor(() => batches.flat().includes('two'));
  });

  it('finishes its batch when stopped, and leaves no consumer behind', async () => {
    await stage.append(0, 'a');
    let entered = false;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const worker = stage.start(async (entries) => {
      entered = true;
      await gate;
      return idsByKey(entries);
    });
    await waitFor(() => entered);
    const stopping = worker.stop();
    release();
    await stopping;
    expect(await stage.backlog()).toBe(0);
    const consumers = await stage.client.xinfo('CONSUMERS', stage.keys[0] ?? '', 'g');
    expect(consumers).toEqual([]);
  });

  it('stops at once while it waits for entries', async () => {
    const { handler } = collector();
    const worker = stage.start(handler, { blockMs: 60_000 });
    await waitFor(async () => ((await stage.client.client('LIST')) as string).includes('cmd=xreadgroup'));
    await worker.stop();
  });

  it('stops during an outage and leaves its batch to others', async () => {
    await stage.append(0, 'kept');
    let tried = false;
    const worker = stage.start(() => {
      tried = true;
      return Promise.reject(new Error('the database is away'));
    });
    await waitFor(() => tried);
    await worker.stop();
    expect(await stage.backlog()).toBe(1);
    const { batches, handler } = collector();
    stage.start(handler, { reclaimIdleMs: 200 });
    await waitFor(() => batches.flat().includes('kept'));
  });
});
