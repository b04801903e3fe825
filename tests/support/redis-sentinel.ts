/** A master with its replica, and three sentinels that watch them: five processes, each of which can be killed. */
import { closeRedis, type RedisClient } from '../../src/platform/redis.ts';
import { connectRedis, startTestRedis, type TestRedis } from './redis.ts';
import { waitFor } from './wait.ts';

const SENTINELS = 3;
const NAME = 'mymaster';
/** How long a master must be silent before a sentinel considers it dead. */
const DOWN_AFTER_MS = 500;

/** One process; `client` talks only to it. */
export interface SentinelNode {
  readonly server: TestRedis;
  readonly client: RedisClient;
}

export interface TestSentinels {
  readonly url: string;
  readonly master: SentinelNode;
  readonly replica: SentinelNode;
  /** Cuts the replica off: it keeps what it has and receives nothing more. */
  cutReplicaOff(): Promise<void>;
  /** The master dies, or freezes with its connections open; resolves when the sentinels have promoted the replica. */
  failOver(how: 'kill' | 'freeze'): Promise<void>;
  drop(): Promise<void>;
}

/** Resolves when all processes know each other. */
export async function startTestSentinels(): Promise<TestSentinels> {
  const [master, replica, ...sentinels] = await Promise.all([
    startNode(),
    startNode(),
    ...Array.from({ length: SENTINELS }, () => startNode(['--sentinel'])),
  ]);
  await replica.client.call('REPLICAOF', '127.0.0.1', master.server.port);
  await isFollowing(replica);
  await Promise.all(sentinels.map(({ client }) => watch(client, master.server.port)));
  await waitFor(async () => (await Promise.all(sentinels.map(({ client }) => knowsAll(client)))).every(Boolean), {
    deadlineMs: 60_000,
    what: 'the sentinels to know each other and the replica',
  });
  const nodes = [master, replica, ...sentinels];
  return {
    url: `redis-sentinel://${sentinels.map(({ server }) => `127.0.0.1:${String(server.port)}`).join(',')}?name=${NAME}`,
    ...{ master, replica },
    cutReplicaOff: async () => {
      await replica.client.call('REPLICAOF', '127.0.0.1', 1);
      await waitFor(async () => (await master.client.info('replication')).includes('connected_slaves:0'));
    },
    failOver: async (how) => {
      if (how === 'kill') await master.server.kill();
      else master.server.freeze();
      await waitFor(() => isPromoted(replica, sentinels), { deadlineMs: 60_000, what: 'a new master' });
    },
    drop: async () => {
      await Promise.all(nodes.map(({ client }) => closeRedis(client)));
      await Promise.all(nodes.map(({ server }) => server.drop()));
    },
  };
}

/** Resolves when a replica receives what its master receives. */
export async function isFollowing({ client }: SentinelNode): Promise<void> {
  await waitFor(async () => (await client.info('replication')).includes('master_link_status:up'));
}

async function startNode(extraArgs: readonly string[] = []): Promise<SentinelNode> {
  const server = await startTestRedis({ extraArgs });
  return { server, client: await connectRedis(server.url) };
}

async function watch(sentinel: RedisClient, port: number): Promise<void> {
  await sentinel.call('SENTINEL', 'MONITOR', NAME, '127.0.0.1', port, Math.ceil(SENTINELS / 2));
  await sentinel.call('SENTINEL', 'SET', NAME, 'down-after-milliseconds', DOWN_AFTER_MS, 'failover-timeout', 4000);
}

async function knowsAll(sentinel: RedisClient): Promise<boolean> {
  const flat = (await sentinel.call('SENTINEL', 'MASTER', NAME)) as string[];
  const said = (field: string): string | undefined => flat[flat.indexOf(field) + 1];
  return said('num-slaves') === '1' && said('num-other-sentinels') === String(SENTINELS - 1);
}

async function isPromoted(replica: SentinelNode, sentinels: readonly SentinelNode[]): Promise<boolean> {
  const told = await Promise.all(
    sentinels.map(({ client }) => client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME) as Promise<string[]>),
  );
  const [role] = (await replica.client.call('ROLE')) as string[];
  return role === 'master' && told.every(([, port]) => port === String(replica.server.port));
}
