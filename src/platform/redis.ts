/** Redis connections, one per purpose: settings that are right for one purpose lose or duplicate data for another. */
import { Redis } from 'ioredis';
import type { Cluster, RedisOptions } from 'ioredis';
import { withDeadline } from '../lib/deadline.ts';
import type { Logger } from './log.ts';
import { leaveWhenReplaced, sentinelOptions } from './redis-sentinel.ts';
import { sentinelGroup } from './redis-url.ts';

/**
 * producer: appends to streams; fails at once while Redis is away and never sends anything twice by itself.
 * reader: one blocking XREADGROUP at a time; discard the client when it is late.
 * volatile: presence, rate limits, leases, publishing; short deadline, failing is fine.
 * adapter: handed to socket.io's adapter, which needs commands to wait for the reconnect.
 * subscriber: pub/sub; subscribes again by itself after a reconnect.
 */
export type RedisPurpose = 'producer' | 'reader' | 'volatile' | 'adapter' | 'subscriber';

/** The client type, so that only this file imports the library. */
export type RedisClient = Redis;

/** A client of a cluster. */
export type RedisCluster = Cluster;

/** A client of the Redis that keeps the streams, which may be a cluster: see createStreamRedis. */
export type StreamRedis = Redis | Cluster;

/** A client for commands on the volatile Redis, which may be a cluster too: see createVolatileRedis. */
export type VolatileRedis = Redis | Cluster;

/** False for a cluster. */
export function isOneServer(client: Redis | Cluster): client is Redis {
  return client instanceof Redis;
}

const COMMAND_TIMEOUT_MS = 800;
const CONNECT_TIMEOUT_MS = 3000;
/**
 * A server that is silent this long is disconnected: otherwise commands to it would pile up, each waiting for its
 * deadline.
 */
const SILENT_MS = 2000;
const RECONNECT_CAP_MS = 1000;

/** Doubling with jitter, capped low: after an outage everything should be back within about a second. */
export function reconnectDelayMs(attempt: number): number {
  const ceiling = Math.min(RECONNECT_CAP_MS, 25 * 2 ** Math.min(attempt, 10));
  return Math.floor(ceiling / 2 + Math.random() * (ceiling / 2));
}

/** A command that cannot be sent now is refused, never queued: nobody would be left to hear its outcome. */
const FAIL_FAST: RedisOptions = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
};

const BY_PURPOSE: Readonly<Record<RedisPurpose, RedisOptions>> = {
  producer: { ...FAIL_FAST, commandTimeout: COMMAND_TIMEOUT_MS },
  // No commandTimeout: a timed-out XREADGROUP leaves entries pending that nobody holds.
  reader: { ...FAIL_FAST },
  volatile: { ...FAIL_FAST, commandTimeout: COMMAND_TIMEOUT_MS, socketTimeout: SILENT_MS },
  // The adapter would never subscribe again.
  adapter: { maxRetriesPerRequest: null, autoResubscribe: true },
  subscriber: { maxRetriesPerRequest: null, autoResubscribe: true },
};

/** The options of every connection of a purpose, to a single server or to one of a cluster. */
export function connectionOptions(purpose: RedisPurpose): RedisOptions & { readonly replyMapping: 'legacy' } {
  return {
    ...BY_PURPOSE[purpose],
    protocol: 3,
    replyMapping: 'legacy',
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: 10_000,
    noDelay: true,
    connectionName: `hunfly-${purpose}`,
  };
}

/**
 * A connected (or connecting) client of one server, or of the master named by sentinels. RESP3 with RESP2 reply shapes.
 * The caller ends it with `closeRedis`. Connection errors are logged, at most one line a second, and never thrown.
 */
export function createRedis(url: string, purpose: RedisPurpose, log: Logger): Redis {
  const group = sentinelGroup(url);
  const options = { ...connectionOptions(purpose), retryStrategy: reconnectDelayMs };
  const client =
    group === null
      ? new Redis(url, options)
      : new Redis({ ...sentinelOptions(group), ...options, sentinelRetryStrategy: reconnectDelayMs });
  if (group !== null) leaveWhenReplaced(client, group);
  if (purpose === 'adapter' || purpose === 'subscriber') hearRejections(client);
  logErrors(client, purpose, log);
  return client;
}

/**
 * The adapter, and the client itself when it subscribes again or follows a slot, leave promises to nobody. They are
 * rejected when Redis does not answer, and a rejection that nobody hears ends a process with an error. Whoever does
 * wait for a command still hears of it.
 */
export function hearRejections(client: Redis): void {
  const send = client.sendCommand.bind(client);
  client.sendCommand = (...command) => {
    const answer = send(...command);
    if (answer instanceof Promise) answer.catch(() => undefined);
    return answer;
  };
}

/** Logs at most one line a second, because a client that cannot connect reports that very often. */
export function logErrors(client: Redis | Cluster, purpose: RedisPurpose, log: Logger): void {
  let lastLoggedMs = -Infinity;
  client.on('error', (error: unknown) => {
    const nowMs = performance.now();
    if (nowMs - lastLoggedMs < 1000) return;
    lastLoggedMs = nowMs;
    log.warn({ err: error, purpose }, 'Redis connection error.');
  });
}

/** Ends a client for good: gracefully within `deadlineMs`, otherwise by cutting the socket. Never rejects. */
export async function closeRedis(client: Redis | Cluster, deadlineMs = 500): Promise<void> {
  if (client.status === 'end') return;
  try {
    if (client.status === 'ready') await withDeadline(client.quit(), deadlineMs, 'Redis QUIT');
  } catch {
    // The server is gone or frozen: cutting the socket below is all that is left to do.
  } finally {
    client.disconnect();
  }
}

/** The server's version as numbers, e.g. [7, 0, 15]. Rejects when Redis is away. */
export async function redisVersion(client: Redis): Promise<readonly [number, number, number]> {
  const info = await withDeadline(client.info('server'), COMMAND_TIMEOUT_MS * 2, 'Redis INFO');
  const match = /redis_version:([0-9]+)\.([0-9]+)\.([0-9]+)/.exec(info);
  if (match === null) throw new Error('Redis did not say its version.');
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** True if the server answers PING, or a node reports the cluster able to serve, within the deadline. Never rejects. */
export async function pingRedis(client: Redis | Cluster, deadlineMs: number): Promise<boolean> {
  try {
    const asked = isOneServer(client) ? client.ping() : Promise.any(client.nodes('master').map(isServing));
    await withDeadline<unknown>(asked, deadlineMs, 'Redis PING');
    return true;
  } catch {
    return false;
  }
}

/** A dead node says nothing about the others; then their answers count. */
async function isServing(node: Redis): Promise<void> {
  const info = await node.cluster('INFO');
  if (!info.includes('cluster_state:ok')) throw new Error('The cluster does not serve.');
}
