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
});
