/** A Redis Cluster of three masters, with a replica each or without, any of which can be killed and started again on its data. */
import { closeRedis, type RedisClient } from '../../src/platform/redis.ts';
import { ownPort } from './port.ts';
import { connectRedis, startTestRedis, type TestRedis } from './redis.ts';
import { waitFor } from './wait.ts';

const NODES = 3;
const SLOTS = 16_384;

/** One server; `client` talks only to it. */
export interface ClusterNode {
  readonly server: TestRedis;
  readonly client: RedisClient;
}

export interface TestCluster {
  readonly url: string;
  /** The masters at the start. */
  readonly nodes: readonly ClusterNode[];
  readonly replicas: readonly ClusterNode[];
  /** The node that says it owns a key's slot. */
  ownerOf(key: string): Promise<ClusterNode>;
  /**
   * The owner of the key dies, or freezes with its connections open; resolves with the node that the others have
   * promoted.
   */
  failOver(key: string, how: 'kill' | 'freeze'): Promise<ClusterNode>;
  /** Moves the slot of a key with everything in it, as an operator does. */
  move(key: string, to: ClusterNode): Promise<void>;
  drop(): Promise<void>;
}

/** Complete and ready for commands. `needsAllSlots: false`: when a master is missing, the others serve their slots. */
export async function startTestCluster(
  options: { readonly replicas?: boolean; readonly needsAllSlots?: boolean } = {},
): Promise<TestCluster> {
  const { replicas: hasReplicas = false, needsAllSlots = true } = options;
  const all = await Promise.all(
    Array.from({ length: hasReplicas ? 2 * NODES : NODES }, () => startNode(needsAllSlots)),
  );
  const [nodes, replicas] = [all.slice(0, NODES), all.slice(NODES)];
  await Promise.all(nodes.map(({ client }, index) => giveSlots(client, index)));
  const [first, ...others] = all;
  if (first === undefined) throw new Error('There is no node.');
  for (const { server, busPort } of others) {
    await first.client.call('CLUSTER', 'MEET', '127.0.0.1', server.port, busPort);
  }
  const isReady = async (): Promise<boolean> =>
    (await Promise.all(all.map((node) => isWhole(node, all.length)))).every(Boolean);
  await waitFor(isReady, { deadlineMs: 60_000, what: 'the cluster is whole' });
  await Promise.all(replicas.map((replica, index) => follow(replica, nodes[index] ?? first)));
  const ownerOf = (key: string): Promise<ClusterNode> => findOwner(all, key);
  return {
    url: `redis-cluster://${nodes.map(({ server }) => `127.0.0.1:${String(server.port)}`).join(',')}`,
    ...{ nodes, replicas, ownerOf },
    failOver: async (key, how) => {
      const old = await ownerOf(key);
      if (how === 'kill') await old.server.kill();
      else old.server.freeze();
      const rest = all.filter((node) => node !== old);
      return await waitFor(
        async () => {
          const owners = await Promise.all(rest.map((node) => findOwner([node], key, rest)));
          return owners[0] !== undefined && owners.every((owner) => owner === owners[0]) && owners[0];
        },
        { deadlineMs: 60_000, what: 'a replica takes over' },
      );
    },
    move: async (key, to) => moveSlot(nodes, key, { from: await ownerOf(key), to }),
    drop: async () => {
      await Promise.all(all.map(({ client }) => closeRedis(client)));
      await Promise.all(all.map(({ server }) => server.drop()));
    },
  };
}

async function startNode(needsAllSlots: boolean): Promise<ClusterNode & { readonly busPort: number }> {
  const busPort = await ownPort();
  const server = await startTestRedis({
    extraArgs: [
      ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', '1000'],
      ...['--cluster-require-full-coverage', needsAllSlots ? 'yes' : 'no', '--repl-diskless-sync-delay', '0'],
    ],
  });
  const client = await connectRedis(server.url);
  return { server, client, busPort };
}

async function giveSlots(client: RedisClient, index: number): Promise<void> {
  const first = Math.ceil((SLOTS * index) / NODES);
  const last = Math.ceil((SLOTS * (index + 1)) / NODES) - 1;
  await client.call('CLUSTER', 'ADDSLOTSRANGE', first, last);
}

async function isWhole({ client }: ClusterNode, size: number): Promise<boolean> {
  const info = await client.cluster('INFO');
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${String(size)}`);
}

async function follow(replica: ClusterNode, master: ClusterNode): Promise<void> {
  await replica.client.call('CLUSTER', 'REPLICATE', String(await master.client.call('CLUSTER', 'MYID')));
  const isUp = async (): Promise<boolean> =>
    (await replica.client.info('replication')).includes('master_link_status:up');
  await waitFor(isUp, { deadlineMs: 60_000, what: 'the replica follows' });
}

/** According to the first of `asked` that answers. */
async function findOwner(
  asked: readonly ClusterNode[],
  key: string,
  nodes: readonly ClusterNode[] = asked,
): Promise<ClusterNode> {
  for (const node of asked) {
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
