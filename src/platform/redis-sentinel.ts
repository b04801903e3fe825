/** Redis behind Sentinel: how to find the master, and how a connection leaves a server that is no longer the master. */
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { SentinelGroup } from './redis-url.ts';

/** A sentinel that does not answer within this time is skipped. */
const SENTINEL_DEADLINE_MS = 1000;
const LISTEN_AGAIN_MS = 2000;

/** How a client finds the master each time it connects; it leaves a server that says it is a replica. */
export function sentinelOptions(group: SentinelGroup): RedisOptions {
  const { name, username, password, db, isSecured } = group;
  return {
    sentinels: [...group.sentinels],
    name,
    role: 'master',
    db,
    sentinelCommandTimeout: SENTINEL_DEADLINE_MS,
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...(group.sentinelPassword !== '' && { sentinelPassword: group.sentinelPassword }),
    ...(isSecured && { tls: {}, enableTLSForSentinelMode: true, sentinelTLS: {} }),
    // Reconnects but does not resend the refused command: its sender decides that.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/**
 * Cuts the client's connection when the sentinels have promoted another server. The old master may be frozen, or cut
 * off from everybody but us, and would then neither close the connection nor refuse anything. The library's own
 * detector is not used: it also reacts to other groups' masters, and prints sentinel errors past the log.
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
    replyMapping: 'legacy',
    enableReadyCheck: false,
    maxRetriesPerRequest: null,
    keepAlive: 10_000,
    connectTimeout: SENTINEL_DEADLINE_MS,
    retryStrategy: () => LISTEN_AGAIN_MS,
    connectionName: 'hunfly-failover',
  });
  // Another sentinel will report it; if none does, the client itself logs that it finds no master.
  ear.on('error', () => undefined);
  ear.on('message', (_channel: string, message: string) => {
    const [master, , , host = '', port = ''] = message.split(' ');
    if (master === name) replaced(host, Number(port));
  });
  ear.subscribe('+switch-master').catch(() => undefined);
  return ear;
}
