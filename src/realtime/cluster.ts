/** The Redis side of the sockets: the adapter for ephemeral frames, and the channels every gateway listens to. */
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { TenantId } from '../contract/ids.ts';
import { HINT_CHANNEL } from '../inbox/hints.ts';
import { PAIRING_CHANNEL, parsePairing, type TenantPairing } from '../inbox/accounts/pairing.ts';
import { CONTACT_TYPING_CHANNEL, parseContactTyping, type ContactTyping } from '../inbox/presence/contact-typing.ts';
import { PRESENCE_CHANNEL } from '../inbox/presence/member-presence.ts';
import { pause } from '../lib/backoff.ts';
import type { Logger } from '../platform/log.ts';
import { closeRedis, createRedis, redisVersion, type RedisClient } from '../platform/redis.ts';
import type { HintSource } from './feeds.ts';
import type { InboxServer } from './types.ts';

/** First version with sharded pub/sub. */
const SHARDED_SINCE = 7;
/** The adapter unsubscribes without waiting; its connection must outlive that. */
const UNSUBSCRIBE_MS = 50;

/** Redis connections of the sockets; separate ones to publish and to listen. */
export interface Cluster {
  readonly hints: HintSource;
  /** Makes the server emit to other nodes. Room operations stay local and synchronous. */
  adapt(io: InboxServer): void;
  /** False while frames can reach this node's connections only. */
  isConnected(): boolean;
  readonly publish: (channel: string, payload: string) => void;
  onTyping(handler: (typing: ContactTyping) => void): void;
  onPresence(handler: (tenantId: TenantId) => void): void;
  onPairing(handler: (pairing: TenantPairing) => void): void;
  close(): Promise<void>;
}

/** `url` is the volatile Redis. Resolves also while Redis is away: frames then stay on the node until it is back. */
export async function connectCluster(url: string, log: Logger): Promise<Cluster> {
  const pub = createRedis(url, 'adapter', log);
  const sub = createRedis(url, 'adapter', log);
  const ear = createRedis(url, 'subscriber', log);
  const handlers = new Map<string, Set<(message: Buffer) => void>>();
  ear.on('messageBuffer', (channel: Buffer, message: Buffer) => {
    for (const handler of handlers.get(channel.toString()) ?? []) handler(message);
  });
  subscribe(ear, [HINT_CHANNEL, CONTACT_TYPING_CHANNEL, PRESENCE_CHANNEL, PAIRING_CHANNEL], log);
  const listen = (channel: string, handler: (message: Buffer) => void): (() => void) => {
    const set = handlers.get(channel) ?? new Set();
    handlers.set(channel, set.add(handler));
    return () => set.delete(handler);
  };
  const sharded = await hasShardedPubSub(pub, log);
  return {
    hints: (handler) => listen(HINT_CHANNEL, handler),
    adapt: (io) => {
      // One channel: frames for a thread name two rooms, for which the adapter would not use a channel per room anyway.
      io.adapter(sharded ? createShardedAdapter(pub, sub, { subscriptionMode: 'static' }) : createAdapter(pub, sub));
    },
    isConnected: () => pub.status === 'ready',
    publish: (channel, payload) => {
      if (pub.status !== 'ready') return;
      pub.publish(channel, payload).catch(() => undefined);
    },
    onTyping: (handler) => {
      listen(CONTACT_TYPING_CHANNEL, (message) => {
        const typing = parseContactTyping(message.toString());
        if (typing !== null) handler(typing);
      });
    },
    onPresence: (handler) => {
      listen(PRESENCE_CHANNEL, (message) => {
        const tenantId = TenantId.safeParse(message.toString());
        if (tenantId.success) handler(tenantId.data);
      });
    },
    onPairing: (handler) => {
      listen(PAIRING_CHANNEL, (message) => {
        const pairing = parsePairing(message.toString());
        if (pairing !== null) handler(pairing);
      });
    },
    close: async () => {
      await pause(UNSUBSCRIBE_MS);
      await Promise.all([pub, sub, ear].map((client) => closeRedis(client)));
    },
  };
}

function subscribe(ear: RedisClient, channels: readonly string[], log: Logger): void {
  // Waits for the connection and is repeated after every reconnect by the client itself.
  ear.subscribe(...channels).catch((error: unknown) => {
    log.warn({ err: error }, 'Listening to Redis ended.');
  });
}

async function hasShardedPubSub(client: RedisClient, log: Logger): Promise<boolean> {
  try {
    const [major] = await redisVersion(client);
    return major >= SHARDED_SINCE;
  } catch (error) {
    log.warn({ err: error }, 'Redis is away; using plain pub/sub, which every version has.');
    return false;
  }
}
