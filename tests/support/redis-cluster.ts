/** A Redis Cluster of three masters without replicas, each of which can be killed and started again on its data. */
import { freePort } from '../../scripts/bootstrap/wait.mjs';
import { closeRedis, type RedisClient } from '../../src/platform/redis.ts';
import { connectRedis, startTestRedis, type TestRedis } from './redis.ts';
import { waitFor } from './wait.ts';

const NODES = 3;
const SLOTS = 16_384;

/** One master; `client` speaks to it alone. */
export interface ClusterNode {
  readonly server: TestRedis;
  readonly client: RedisClient;
}

export interface TestCluster {
  readonly url: string;
  readonly nodes: readonly ClusterNode[];
  /** The node that has a key's slot by its own account. */
  ownerOf(key: string): Promise<ClusterNode>;
  /** Moves the slot of a key with everything in it, as an operator does. */
  move(key: string, to: ClusterNode): Promise<void>;
  drop(): Promise<void>;
}

/** Whole and ready for commands. */
export async function startTestCluster(): Promise<TestCluster> {
  const nodes = await Promise.all(Array.from({ length: NODES }, startNode));
  await Promise.all(nodes.map(({ client }, index) => giveSlots(client, index)));
  const [first, ...others] = nodes;
  if (first === undefined) throw new Error('There is no node.');
  for (const { server, busPort } of others) {
    await first.client.call('CLUSTER', 'MEET', '127.0.0.1', server.port, busPort);
  }
  await waitFor(async () => (await Promise.all(nodes.map(isWhole))).every(Boolean), { what: 'the cluster is whole' });
  const ownerOf = (key: string): Promise<ClusterNode> => findOwner(nodes, key);
  return {
    url: `redis-cluster://${nodes.map(({ server }) => `127.0.0.1:${String(server.port)}`).join(',')}`,
    nodes,
    ownerOf,
    move: async (key, to) => moveSlot(nodes, key, { from: await ownerOf(key), to }),
    drop: async () => {
      await Promise.all(nodes.map(({ client }) => closeRedis(client)));
      await Promise.all(nodes.map(({ server }) => server.drop()));
    },
  };
}

async function startNode(): Promise<ClusterNode & { readonly busPort: number }> {
  const busPort = await freePort();
  const server = await startTestRedis({
    extraArgs: ['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', '1000'],
  });
  const client = await connectRedis(server.url);
  return { server, client, busPort };
}

async function giveSlots(client: RedisClient, index: number): Promise<void> {
  const first = Math.ceil((SLOTS * index) / NODES);
  const last = Math.ceil((SLOTS * (index + 1)) / NODES) - 1;
  await client.call('CLUSTER', 'ADDSLOTSRANGE', first, last);
}

async function isWhole({ client }: ClusterNode): Promise<boolean> {
  const info = await client.cluster('INFO');
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${String(NODES)}`);
}

async function findOwner(nodes: readonly ClusterNode[], key: string): Promise<ClusterNode> {
  for (const node of nodes) {
    const slots = await node.client.cluster('SLOTS').catch(() => null);
    if (slots === null) continue;
    const slot = await node.client.cluster('KEYSLOT', key);
    const range = (slots as unknown as [number, number, [string, number]][]).find(([a, b]) => a <= slot && slot <= b);
    const owner = nodes.find(({ server }) => server.port === range?.[2][1]);
    if (owner !== undefined) return owner;
  }
  throw new Error(`Nobody has ${key}.`);
}

async function moveSlot(
  nodes: readonly ClusterNode[],
  key: string,
  { from, to }: { readonly from: ClusterNode; readonly to: ClusterNode },
): Promise<void> {
  const slot = await from.client.cluster('KEYSLOT', key);
  const [source, target] = await Promise.all([from, to].map(({ client }) => client.call('CLUSTER', 'MYID')));
  await to.client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(source));
  await from.client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(target));
  const keys = (await from.client.call('CLUSTER', 'GETKEYSINSLOT', slot, 1000)) as string[];
  if (keys.length > 0) {
    await from.client.call('MIGRATE', '127.0.0.1', to.server.port, '', 0, 5000, 'KEYS', ...keys);
  }
  for (const { client } of nodes) await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(target));
}
