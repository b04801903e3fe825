/** Clients for one Redis server or a cluster: single commands, commands on many keys, and which server owns a key. */
import { once } from 'node:events';
import { Cluster, Redis } from 'ioredis';
import type { ClusterOptions } from 'ioredis';
import type { Logger } from './log.ts';
import {
  connectionOptions,
  createRedis,
  hearRejections,
  logErrors,
  reconnectDelayMs,
  type StreamRedis,
  type VolatileRedis,
} from './redis.ts';
import { isRedisCluster, redisNodes, withHost } from './redis-url.ts';

/**
 * As with a single server, the client resends nothing, and queues nothing except while a node is being connected to for
 * the first time. It refreshes the slot map every second.
 */
const CLUSTER: ClusterOptions = {
  enableOfflineQueue: false,
  retryDelayOnFailover: 0,
  retryDelayOnClusterDown: 0,
  slotsRefreshInterval: 1000,
  clusterRetryStrategy: reconnectDelayMs,
};

/** Keeps host names, because a certificate is for the name, not for the address it resolves to. */
const unresolved: ClusterOptions['dnsLookup'] = (name, done) => {
  done(null, name);
};

/** A client for commands on the streams, of purpose `producer`. The caller ends it with `closeRedis`. */
export function createStreamRedis(url: string, log: Logger): StreamRedis {
  return isRedisCluster(url) ? createCluster(url, 'producer', log) : createRedis(url, 'producer', log);
}

/** A client for commands on the volatile Redis, of purpose `volatile`. The caller ends it with `closeRedis`. */
export function createVolatileRedis(url: string, log: Logger): VolatileRedis {
  if (!isRedisCluster(url)) return createRedis(url, 'volatile', log);
  const client = createCluster(url, 'volatile', log);
  // Connect at once, not with the first command, which would be refused meanwhile: a replica that takes over is used
  // immediately.
  client.on('+node', (node: Redis) => {
    if (node.status === 'wait') node.connect().catch(() => undefined);
  });
  return client;
}

/**
 * Resolves when commands are accepted; on a cluster, by each master that can be reached. Rejects when that takes too
 * long.
 */
export async function becomeReady(client: VolatileRedis, deadlineMs: number): Promise<void> {
  const signal = AbortSignal.timeout(deadlineMs);
  await once(client, 'ready', { signal });
  if (client instanceof Redis) return;
  const masters = client.nodes('master').filter(({ status }) => status !== 'ready');
  await Promise.allSettled(masters.map((master) => once(master, 'ready', { signal })));
}

/**
 * A connection for listening at one master, by its address as the cluster names it; null when there is no such master
 * any more. It does not resubscribe by itself, because by then another master may own the slot. The caller ends it with
 * `closeRedis`.
 */
export function subscriberOf(client: Cluster, address: string, log: Logger): Redis | null {
  const isMeant = ({ options: { host, port } }: Redis): boolean => `${String(host)}:${String(port)}` === address;
  const connection = client.nodes('master').find(isMeant)?.duplicate({
    connectionName: 'hunfly-subscriber',
    lazyConnect: false,
    enableOfflineQueue: false,
    autoResubscribe: false,
    retryStrategy: reconnectDelayMs,
  });
  if (connection === undefined) return null;
  logErrors(connection, 'subscriber', log);
  return connection;
}

function createCluster(url: string, purpose: 'producer' | 'volatile', log: Logger): Cluster {
  const nodes = redisNodes(url);
  const { username, password, protocol } = new URL(nodes[0] ?? url);
  const isSecured = protocol === 'rediss:';
  const client = new Cluster(nodes, {
    ...CLUSTER,
    ...(isSecured && { dnsLookup: unresolved }),
    redisOptions: {
      ...connectionOptions(purpose),
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
      ...(isSecured && { tls: {} }),
    },
  });
  // The client itself sends ASKING to the new owner of a slot that is being moved, and leaves its promise to nobody.
  client.on('+node', hearRejections);
  logErrors(client, purpose, log);
  return client;
}

/** Name and arguments. On a cluster the first key decides which server gets it. */
export type RedisCommand = readonly [name: string, ...args: (string | Buffer | number)[]];

/** Error or value of one command. */
export type Reply = [error: Error | null, value: unknown];

/**
 * Runs commands together, in one write for each server; replies in their order. While Redis is away every reply is an
 * error. `client` must be for purpose `producer` or `volatile`: only that purpose's deadline ends unanswered commands.
 *
 * The client's own pipelines are not used. On a single server each has a V8 shape of its own, through which V8 retains
 * it, and everything that waited for it, until a full collection. On a cluster (ioredis 6.0.0) each command of a pipeline
 * looks for a server by itself while the owner of its slot is away: when the first finds one that is still connecting and
 * is refused, and a later one finds one that is connected, the later ones await answers there without ever being written,
 * and from then on every command on that connection is given the answer to another one.
 */
export async function pipelined(client: Redis | Cluster, commands: readonly RedisCommand[]): Promise<Reply[]> {
  const servers = client instanceof Redis ? [client] : client.nodes('master');
  // A server that is not connected refuses, or writes once it is.
  const streams = servers.flatMap(({ status, stream }) => (status === 'ready' ? [stream] : []));
  for (const stream of streams) stream.cork();
  const replies = commands.map((command) => replyTo(client, command));
  for (const stream of streams) stream.uncork();
  return await Promise.all(replies);
}

/** The same replies, of which some may be errors: their master is away. Throws when all are. */
export function unlessAllFailed(replies: readonly Reply[]): readonly Reply[] {
  const [first, ...others] = replies.flatMap(([error]) => error ?? []);
  if (first !== undefined && others.length + 1 === replies.length) throw first;
  return replies;
}

/** Never throws, also not before it waits: a connection that stayed corked would write nothing any more. */
async function replyTo(client: Redis | Cluster, command: RedisCommand): Promise<Reply> {
  try {
    return [null, await client.call(...command)];
  } catch (error) {
    return [error instanceof Error ? error : new Error(String(error)), null];
  }
}

/**
 * The address of the server that owns `key` now; simply `url` if there is only one server. Asks the nodes of `url` in
 * turn. Rejects if none of them knows.
 */
export async function serverOf(url: string, key: string): Promise<string> {
  if (!isRedisCluster(url)) return url;
  const failures: unknown[] = [];
  for (const node of redisNodes(url)) {
    try {
      return await askForServer(node, key);
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, `No node of the Redis cluster says who has ${key}.`);
}

/** First and last slot, then the master (its address may be left out: the one that was asked) and its replicas. */
type SlotRange = readonly [first: number, last: number, master: readonly [host: string | null, port: number]];

async function askForServer(node: string, key: string): Promise<string> {
  const client = new Redis(node, { ...connectionOptions('producer'), lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined); // connect() rejects with it as well
  try {
    await client.connect();
    const slot = await client.cluster('KEYSLOT', key);
    const ranges = (await client.cluster('SLOTS')) as unknown as SlotRange[];
    const range = ranges.find(([first, last]) => first <= slot && slot <= last);
    if (range === undefined) throw new Error(`Nobody has slot ${String(slot)}.`);
    const [host, port] = range[2];
    return withHost(node, host || new URL(node).hostname, port);
  } finally {
    client.disconnect();
  }
}
