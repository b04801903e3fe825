/** What is published on a cluster is heard, from every master, and again after whatever ends a subscription. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../../src/lib/backoff.ts';
import { CHANNEL_SHARDS, channelOn, publishOn, shardChannel } from '../../src/platform/channels.ts';
import { ClusterEar } from '../../src/platform/redis-ear.ts';
import { becomeReady, createVolatileRedis } from '../../src/platform/redis-cluster.ts';
import { closeRedis, isOneServer, pingRedis, type VolatileRedis } from '../../src/platform/redis.ts';
import { recordingLog, silentLog } from '../support/log.ts';
import { startTestCluster, type ClusterNode, type TestCluster } from '../support/redis-cluster.ts';
import { waitFor } from '../support/wait.ts';

const KIND = 'test:news';
const SHARDS = CHANNEL_SHARDS.map((shard) => shardChannel(KIND, shard));

let cluster: TestCluster;
let client: VolatileRedis;
let ear: ClusterEar;
const heard: { readonly kind: string; readonly text: string }[] = [];
let said = 0;

beforeAll(async () => {
  cluster = await startTestCluster({ replicas: true, needsAllSlots: false });
  client = createVolatileRedis(cluster.url, silentLog);
  if (isOneServer(client)) throw new Error('That is one server.');
  const onMessage = (kind: string, message: Buffer): void => void heard.push({ kind, text: message.toString() });
  ear = new ClusterEar({ client, kinds: [KIND, 'test:other'], onMessage, log: silentLog });
});
afterAll(async () => {
  await ear.close();
  await closeRedis(client);
  await cluster.drop();
});

/** Says something new on a channel until it is heard. */
async function arrives(channel: string): Promise<void> {
  await waitFor(
    async () => {
      const text = `${channel} ${String((said += 1))}`;
      await publishOn(client, channel, text);
      return await waitFor(() => heard.some((one) => one.kind === KIND && one.text === text), { deadlineMs: 100 });
    },
    { deadlineMs: 15_000, what: `${channel} is heard` },
  );
}

async function allArrive(): Promise<void> {
  await Promise.all(SHARDS.map(arrives));
}

async function channelsOf(node: ClusterNode): Promise<string[]> {
  return ((await node.client.call('PUBSUB', 'SHARDCHANNELS', `${KIND}:*`)) as string[]).sort();
}

/** How often anybody subscribed to anything, by the servers that answer. */
async function subscriptions(): Promise<number> {
  const counts = await Promise.all(
    [...cluster.nodes, ...cluster.replicas].map(async (node) => {
      const stats = await node.client.info('commandstats').catch(() => '');
      return Number(/cmdstat_ssubscribe:calls=(\d+)/.exec(stats)?.[1] ?? 0);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Where a shard is now, and a master that it can move to. */
async function elsewhere(channel: string): Promise<[from: ClusterNode, to: ClusterNode]> {
  const from = await cluster.ownerOf(channel);
  const to = cluster.nodes.find((node) => node !== from);
  if (to === undefined) throw new Error('There is one master only.');
  return [from, to];
}

describe('listening to a cluster', () => {
  it('hears every shard, each at the master that has it, and the masters have equal shares', async () => {
    await allArrive();
    const channels = await Promise.all(cluster.nodes.map(channelsOf));
    expect(channels.flat().sort()).toEqual([...SHARDS].sort());
    for (const own of channels) expect([5, 6]).toContain(own.length);
  });

  it('knows the slots of the shards as Redis does, and spreads keys over them', async () => {
    const [node] = cluster.nodes;
    for (const shard of CHANNEL_SHARDS) {
      expect(await node?.client.cluster('KEYSLOT', shardChannel(KIND, shard))).toBe(shard.slot);
    }
    const used = new Set(Array.from({ length: 500 }, (_, index) => channelOn(client, KIND, `tenant ${String(index)}`)));
    expect([...used].sort()).toEqual([...SHARDS].sort());
  });

  it('a process that has something to say at once says it to every shard', async () => {
    const hasty = createVolatileRedis(cluster.url, silentLog);
    await becomeReady(hasty, 5000);
    await Promise.all(SHARDS.map((channel) => publishOn(hasty, channel, `at once ${channel}`)));
    await waitFor(() => SHARDS.every((channel) => heard.some(({ text }) => text === `at once ${channel}`)));
    await closeRedis(hasty);
  });

  it('says that it may not listen, once for all shards', async () => {
    for (const node of [...cluster.nodes, ...cluster.replicas]) {
      await node.client.call('ACL', 'SETUSER', 'mute', 'on', '>secret', '~*', '+@all', 'resetchannels');
    }
    const { log, lines } = recordingLog();
    const mute = createVolatileRedis(cluster.url.replace('://', '://mute:secret@'), log);
    if (isOneServer(mute)) throw new Error('That is one server.');
    const deaf = new ClusterEar({ client: mute, kinds: [KIND], onMessage: () => undefined, log });
    await waitFor(() => lines.length > 0, { what: 'a line' });
    for (let round = 0; round < 2; round += 1) await once(mute, 'refresh');
    expect(lines).toMatchObject([{ err: { message: expect.stringContaining('NOPERM') as string } }]);
    await deaf.close();
    await closeRedis(mute);
  });

  it('follows a slot to another master', async () => {
    const channel = SHARDS[0]!;
    const [from, to] = await elsewhere(channel);
    await cluster.move(channel, to);
    await arrives(channel);
    expect(await channelsOf(from)).not.toContain(channel);
    await cluster.move(channel, from);
    await arrives(channel);
  });

  it('hears again when a slot left and was back before anybody looked', async () => {
    const channel = SHARDS[15]!;
    const [from, to] = await elsewhere(channel);
    await cluster.move(channel, to);
    await cluster.move(channel, from);
    await arrives(channel);
  });

  it.each(['freeze', 'kill'] as const)('hears again from the replica after a master: %s', async (how) => {
    const channel = SHARDS[how === 'kill' ? 1 : 14]!;
    const old = await cluster.ownerOf(channel);
    const next = await cluster.failOver(channel, how);
    expect(next).not.toBe(old);
    await allArrive();
    expect(await channelsOf(next)).toContain(channel);
    expect(await pingRedis(client, 1000)).toBe(true);
    if (how === 'freeze') old.server.thaw();
  });

  it('while a master without a replica is away the others are heard, and all when it is back', async () => {
    // Its replica took the place of the one that was killed, and that one stays dead.
    const channel = SHARDS[1]!;
    const alone = await cluster.ownerOf(channel);
    const mine = await channelsOf(alone);
    await alone.server.kill();
    await Promise.all(SHARDS.filter((one) => !mine.includes(one)).map(arrives));
    await expect(publishOn(client, channel, 'nobody hears it')).rejects.toThrow();
    // Each of these asks anew where its slot went.
    const [before, sinceMs] = [await subscriptions(), performance.now()];
    for (let round = 0; round < 100; round += 1) {
      void publishOn(client, channel, 'nobody hears it').catch(() => undefined);
      await pause(5);
    }
    const more = (await subscriptions()) - before;
    const rounds = (performance.now() - sinceMs) / 200 + 2;
    expect(more).toBeLessThanOrEqual(rounds * SHARDS.length);
    expect(await pingRedis(client, 1000)).toBe(true);
    await alone.server.restart();
    await allArrive();
  });
});
