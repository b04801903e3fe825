/** Commands that travel together to a cluster of which a master is away, or not connected yet. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStreamRedis } from '../../src/platform/redis-cluster.ts';
import { closeRedis } from '../../src/platform/redis.ts';
import { streamLag } from '../../src/platform/stream-commands.ts';
import { ackAndDelete, StreamProducer, streamKeys } from '../../src/platform/stream.ts';
import { silentLog } from '../support/log.ts';
import { startTestCluster, type ClusterNode, type TestCluster } from '../support/redis-cluster.ts';
import { waitFor } from '../support/wait.ts';

let cluster: TestCluster;
/** A stream of each master. */
const keys = new Map<ClusterNode, string>();

beforeAll(async () => {
  cluster = await startTestCluster({ needsAllSlots: false });
  for (const key of streamKeys('together', 32)) keys.set(await cluster.ownerOf(key), key);
});
afterAll(() => cluster.drop());

const times = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

it('what is acknowledged is deleted, also where the client is still connecting', async () => {
  for (const [{ client: owner }, key] of keys) {
    const id = (await owner.xadd(key, '*', 'text', 'done')) ?? '';
    await owner.xgroup('CREATE', key, 'g', '0');
    await owner.xreadgroup('GROUP', 'g', 'c', 'STREAMS', key, '>');
    const client = createStreamRedis(cluster.url, silentLog);
    await waitFor(() => client.status === 'ready');
    await ackAndDelete(client, 'g', new Map([[key, [id]]])).catch(() => undefined);
    expect((await owner.xpending(key, 'g'))[0]).toBe(await owner.xlen(key));
    await closeRedis(client);
    await owner.del(key);
  }
});

it('each is given its own answer, and what goes to the master that is away is refused', async () => {
  const [dead, ...alive] = cluster.nodes;
  const lost = keys.get(dead!)!;
  const kept = alive.map((node) => keys.get(node)!);
  await dead!.server.kill();
  for (const round of times(10)) {
    // A new client has no connection to any master yet.
    const client = createStreamRedis(cluster.url, silentLog);
    await waitFor(() => client.status === 'ready');
    const producer = new StreamProducer(client);
    const append = async (key: string, n: number): Promise<string> => {
      const text = `${String(round)} ${String(n)}`;
      const id = await producer.append(key, { text }, 2000);
      const { client: owner } = await cluster.ownerOf(key);
      expect(await owner.xrange(key, id, id)).toEqual([[id, ['text', text]]]);
      return key;
    };
    await expect(append(lost, 0)).rejects.toThrow('did not take');
    const together = [kept[0]!, ...times(20).map(() => lost), kept[1]!];
    const appended = await Promise.allSettled(together.map((key, n) => append(key, n)));
    expect(appended.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))).not.toContain(lost);
    // Whom the client is still connecting to refuses as well, but not for long.
    for (const key of kept) await waitFor(() => append(key, together.length));
    const lengths = await Promise.all(alive.map((node) => node.client.xlen(keys.get(node)!)));
    expect(await producer.lengths([...kept, lost])).toEqual([...lengths, 0]);
    expect((await streamLag(client, kept)).backlog).toBe(lengths[0]! + lengths[1]!);
    await closeRedis(client);
  }
});
