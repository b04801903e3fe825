import { describe, expect, it } from 'vitest';
import type { StreamHandler } from '../../src/platform/stream-batches.ts';
import { collector, StreamStage } from '../support/stream-stage.ts';
import { waitFor } from '../support/wait.ts';

const stage = new StreamStage();

describe('the batches of a stream worker', () => {
  it('works on while what it has finished is being acknowledged', async () => {
    for (const n of ['a', 'b']) await stage.append(0, n);
    const { batches, handler } = collector();
    const pausing: StreamHandler = async (entries) => {
      if (batches.length === 0) await stage.client.client('PAUSE', 30_000, 'WRITE');
      return await handler(entries);
    };
    stage.start(pausing, { maxBatch: 1 });
    await waitFor(() => batches.length === 2);
    await stage.client.client('UNPAUSE');
    await waitFor(async () => (await stage.backlog()) === 0);
  });

  it('acknowledges together what it finishes in quick succession', async () => {
    for (let index = 0; index < 20; index += 1) await stage.append(0, String(index));
    const { batches, handler } = collector();
    const before = await stage.callsOf('xack');
    stage.start(handler, { maxBatch: 1 });
    await waitFor(async () => (await stage.backlog()) === 0);
    expect(batches).toHaveLength(20);
    expect((await stage.callsOf('xack')) - before).toBeLessThan(20);
  });

  it('works at once on what comes after a silence, then on two pairs of what comes one by one, then on one alone', async () => {
    const { batches, handler } = collector();
    stage.start(handler, { pairWithinMs: 60_000, reclaimIdleMs: 60_000 });
    await stage.append(0, 'first');
    await waitFor(() => batches.length === 1);
    for (const pair of [2, 3]) {
      await stage.append(pair, 'one');
      await waitFor(async () => (await stage.pending(pair)) === 1);
      await stage.append(1, 'two');
      await waitFor(() => batches.length === pair);
    }
    await stage.append(0, 'alone');
    await waitFor(() => batches.length === 4);
    expect(batches).toEqual([['first'], ['one', 'two'], ['one', 'two'], ['alone']]);
  });

  it('works on an entry alone when no other follows it in time', async () => {
    const { batches, handler } = collector();
    stage.start(handler, { pairWithinMs: 1000, reclaimIdleMs: 60_000 });
    await stage.append(0, 'first');
    await waitFor(() => batches.length === 1);
    await stage.append(1, 'alone');
    await waitFor(() => batches.length === 2);
    expect(batches).toEqual([['first'], ['alone']]);
  });

  it('works on what it holds for a pair when it is stopped', async () => {
    const { batches, handler } = collector();
    const worker = stage.start(handler, { pairWithinMs: 60_000, reclaimIdleMs: 60_000 });
    await stage.append(0, 'first');
    await waitFor(() => batches.length === 1);
    await stage.append(1, 'held');
    await waitFor(async () => (await stage.pending(1)) === 1);
    await worker.stop();
    expect(batches).toEqual([['first'], ['held']]);
    expect(await stage.backlog()).toBe(0);
  });
});
