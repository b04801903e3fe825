/** Redis behind Sentinel: who is asked for the master, and how a connection leaves a server that is none any more. */
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { SentinelGroup } from './redis-url.ts';

/** A sentinel that does not answer is passed over. */
const SENTINEL_DEADLINE_MS = 1000;
const LISTEN_AGAIN_MS = 2000;

/** How a client finds the master, each time it connects; one that says it is a replica by then is left at once. */
export function sentinelOptions(group: SentinelGroup): RedisOptions {
  const { name, username, password, db, isSecured } = group;
  return {
    ...{ sentinels: [...group.sentinels], name, role: 'master', db, sentinelCommandTimeout: SENTINEL_DEADLINE_MS },
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...(group.sentinelPassword !== '' && { sentinelPassword: group.sentinelPassword }),
    ...(isSecured && { tls: {}, enableTLSForSentinelMode: true, sentinelTLS: {} }),
    // The command itself is refused: whether to send it again is for its sender to say.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/**
 * Cuts the client's connection when the sentinels have made another server the master: the one before may be frozen, or
 * cut off from everybody but us, and would then neither close the connection nor refuse anything. Not by the library's
 * own detector, which also listens to the masters of others, and prints what is wrong with a sentinel past the log.
 */
export function leaveWhenReplaced(client: Redis, group: SentinelGroup): void {
  const ears = group.sentinels.map((sentinel) =>
    listenTo(sentinel, group, (host, port) => {
      const { status, stream } = client;
      if (status === 'ready' && !(stream.remoteAddress === host && stream.remotePort === port)) client.disconnect(true);
    }),
  );
  client.once('end', () => {
    for (const ear of ears) ear.disconnect();
  });
}

/** `+switch-master`: name, then host and port of the old master, then of the new one. */
function listenTo(
  sentinel: SentinelGroup['sentinels'][number],
  { name, sentinelPassword, isSecured }: SentinelGroup,
  replaced: (host: string, port: number) => void,
): Redis {
  const ear = new Redis({
    ...sentinel,
    ...(sentinelPassword !== '' && { password: sentinelPassword }),
    ...(isSecured && { tls: {} }),
    ...{ replyMapping: 'legacy', enableReadyCheck: false, maxRetriesPerRequest: null, keepAlive: 10_000 },
    ...{ connectTimeout: SENTINEL_DEADLINE_MS, retryStrategy: () => LISTEN_AGAIN_MS },
    connectionName: 'hunfly-failover',
  });
  // Another one will tell; while none does, the client itself says that it finds no master.
  ear.on('error', () => undefined);
  ear.on('message', (_channel: string, message: string) => {
    const [master, , , host = '', port = ''] = message.split(' ');
    if (master === name) replaced(host, Number(port));
  });
  ear.subscribe('+switch-master').catch(() => undefined);
  return ear;
}
