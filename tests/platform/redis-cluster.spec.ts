/** Commands that travel together to a cluster of which a master is away, or not connected yet. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStreamRedis, pipelined } from '../../src/platform/redis-cluster.ts';
import { closeRedis } from '../../src/platform/redis.ts';
import { streamLag } from '../../src/platform/stream-commands.ts';
import { ackAndDelete, StreamProducer, streamKeys } from '../../src/platform/stream.ts';
import { silentLog } from '../support/log.ts';
import { startTestCluster, type ClusterNode, type TestCluster } from '../support/redis-cluster.ts';
import { waitFor } from '../support/wait.ts';

let cluster: TestCluster;
/** A stream of each master, and another one. */
const keys = new Map<ClusterNode, string>();
const others = new Map<ClusterNode, string>();

beforeAll(async () => {
  cluster = await startTestCluster({ needsAllSlots: false });
  for (const [index, key] of streamKeys('together', 64).entries()) {
    (index < 32 ? keys : others).set(await cluster.ownerOf(key), key);
  }
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

it('a command that cannot be sent is refused alone', async () => {
  const client = createStreamRedis(cluster.url, silentLog);
  const lengths = [...keys.values()].map((key) => ['xlen', key] as const);
  const found = lengths.map(() => [null, 0]);
  await waitFor(async () => expect(await pipelined(client, lengths)).toEqual(found));
  // More than a function can be given.
  const replies = await pipelined(client, [['xdel', keys.get(cluster.nodes[0]!)!, ...times(500_000)], ...lengths]);
  expect(replies).toEqual([[expect.any(RangeError), null], ...found]);
  expect(await pipelined(client, lengths)).toEqual(found);
  await closeRedis(client);
});

it('whoever is to have a slot and does not answer is no error of the process', async () => {
  const unheard: unknown[] = [];
  const note = (error: unknown): void => void unheard.push(error);
  process.on('unhandledRejection', note);
  const [from, to] = cluster.nodes;
  const client = createStreamRedis(cluster.url, silentLog);
  // Connected to both.
  for (const node of [from, to]) await waitFor(async () => (await client.xlen(keys.get(node!)!)) === 0);
  const key = keys.get(from!)!;
  const slot = await from!.client.cluster('KEYSLOT', key);
  await to!.client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(await from!.client.call('CLUSTER', 'MYID')));
  await from!.client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(await to!.client.call('CLUSTER', 'MYID')));
  to!.server.freeze();
  const refused = expect(client.xadd(key, '*', 'text', 'on its way')).rejects.toThrow('timed out');
  // Answered after it was sent on, so the deadline of the next is later than any of its own.
  expect(await client.xlen(others.get(from!)!)).toBe(0);
  await expect(client.xlen(keys.get(to!)!)).rejects.toThrow('timed out');
  await refused;
  await new Promise((resolve) => setImmediate(resolve));
  to!.server.thaw();
  process.off('unhandledRejection', note);
  for (const node of [from, to]) await waitFor(() => node!.client.call('CLUSTER', 'SETSLOT', slot, 'STABLE'));
  await waitFor(async () => (await to!.client.cluster('INFO')).includes('cluster_state:ok'));
  await closeRedis(client);
  expect(unheard).toEqual([]);
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
    expect(await streamLag(client, [...kept, lost])).toMatchObject({ backlog: lengths[0]! + lengths[1]!, away: 1 });
    await closeRedis(client);
  }
});
