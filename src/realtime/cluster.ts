/**
 * What gateways share through Redis: the channels every gateway listens to, and how typing and viewing reach the
 * others.
 */
import { TenantId } from '../contract/ids.ts';
import { HINT_CHANNEL } from '../inbox/hints.ts';
import { PAIRING_CHANNEL, parsePairing, type TenantPairing } from '../inbox/accounts/pairing.ts';
import { CONTACT_TYPING_CHANNEL, parseContactTyping, type ContactTyping } from '../inbox/presence/contact-typing.ts';
import { PRESENCE_CHANNEL } from '../inbox/presence/member-presence.ts';
import { channelOn, publishOn } from '../platform/channels.ts';
import { ClusterEar } from '../platform/redis-ear.ts';
import type { Logger } from '../platform/log.ts';
import { closeRedis, createRedis, isOneServer, type VolatileRedis } from '../platform/redis.ts';
import type { HintSource } from './feeds.ts';
import { adapterWire, shardedWire, SIGNAL_CHANNEL, type SignalWire } from './signal-wire.ts';

/** What the sockets need of Redis. Listening has its own connections. */
export interface Cluster {
  readonly hints: HintSource;
  readonly signals: SignalWire;
  /** Says that the tenant's presence leases have changed. */
  tellPresence(tenantId: TenantId): void;
  onTyping(handler: (typing: ContactTyping) => void): void;
  onPresence(handler: (tenantId: TenantId) => void): void;
  onPairing(handler: (pairing: TenantPairing) => void): void;
  close(): Promise<void>;
}

/** `redis` is a client for commands on the volatile Redis at `url`. */
export interface ClusterOptions {
  readonly redis: VolatileRedis;
  readonly url: string;
  readonly log: Logger;
}

const KINDS = [HINT_CHANNEL, CONTACT_TYPING_CHANNEL, PRESENCE_CHANNEL, PAIRING_CHANNEL] as const;

/** Resolves even while Redis is away: until it is back, frames stay on the node. */
export async function connectCluster({ redis, url, log }: ClusterOptions): Promise<Cluster> {
  const handlers = new Map<string, Set<(message: Buffer) => void>>();
  const onMessage = (kind: string, message: Buffer): void => {
    for (const handler of handlers.get(kind) ?? []) handler(message);
  };
  const listen = (kind: string, handler: (message: Buffer) => void): (() => void) => {
    const set = handlers.get(kind) ?? new Set();
    handlers.set(kind, set.add(handler));
    return () => set.delete(handler);
  };
  const ear = isOneServer(redis)
    ? listenToServer(url, onMessage, log)
    : new ClusterEar({ client: redis, kinds: [...KINDS, SIGNAL_CHANNEL], onMessage, log });
  const signals = isOneServer(redis)
    ? await adapterWire(url, log)
    : shardedWire(redis, (handler) => void listen(SIGNAL_CHANNEL, handler));
  return {
    hints: (handler) => listen(HINT_CHANNEL, handler),
    signals,
    tellPresence: (tenantId) => {
      if (redis.status !== 'ready') return;
      publishOn(redis, channelOn(redis, PRESENCE_CHANNEL, tenantId), tenantId).catch(() => undefined);
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
      await Promise.all([signals.close(), ear.close()]);
    },
  };
}

/** `onMessage` must not throw. */
function listenToServer(
  url: string,
  onMessage: (kind: string, message: Buffer) => void,
  log: Logger,
): { close(): Promise<void> } {
  const ear = createRedis(url, 'subscriber', log);
  ear.on('messageBuffer', (channel: Buffer, message: Buffer) => {
    onMessage(channel.toString(), message);
  });
  // Waits for the connection and is repeated after every reconnect by the client itself.
  ear.subscribe(...KINDS).catch((error: unknown) => {
    log.warn({ err: error }, 'Listening to Redis ended.');
  });
  return { close: () => closeRedis(ear) };
}
