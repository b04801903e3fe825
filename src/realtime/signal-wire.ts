/**
 * How typing and viewing reach other gateways: through Socket.IO's adapter, or on a cluster through sharded channels.
 */
import { randomUUID } from 'node:crypto';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { z } from 'zod';
import type { ThreadSignal } from '../contract/jobs.ts';
import { pause } from '../lib/backoff.ts';
import { channelOn, publishOn } from '../platform/channels.ts';
import type { Logger } from '../platform/log.ts';
import { closeRedis, createRedis, redisVersion, type RedisClient, type VolatileRedis } from '../platform/redis.ts';
import type { InboxServer } from './types.ts';

/**
 * Sharded pub/sub channel, on clusters only; payload SignalsMessage, of one business. Written by the gateway where
 * somebody types or views, read by all; nothing is stored.
 */
export const SIGNAL_CHANNEL = 'hunfly:signals';

/** First Redis version with sharded pub/sub. */
const SHARDED_SINCE = 7;
/** The adapter unsubscribes without waiting for it; its connection must live a little longer. */
const UNSUBSCRIBE_MS = 50;

/** Methods never throw. Signals sent while Redis is away are lost. */
export interface SignalWire {
  /**
   * Call once, before the server has sockets. `heard` gets what other gateways send, which may be of another version.
   */
  attach(io: InboxServer, heard: (signals: unknown) => void): void;
  /** Signals of one business. */
  tell(signals: readonly ThreadSignal[]): void;
  close(): Promise<void>;
}

/**
 * For a single Redis server: Socket.IO's adapter carries server-side emits. Room operations stay local and synchronous.
 */
export async function adapterWire(url: string, log: Logger): Promise<SignalWire> {
  const pub = createRedis(url, 'adapter', log);
  const sub = createRedis(url, 'adapter', log);
  const isSharded = await hasShardedPubSub(pub, log);
  let server: InboxServer | null = null;
  return {
    attach: (io, heard) => {
      server = io;
      io.adapter(isSharded ? createShardedAdapter(pub, sub, { subscriptionMode: 'static' }) : createAdapter(pub, sub));
      io.on('signals', heard);
    },
    tell: (signals) => {
      if (pub.status === 'ready') server?.serverSideEmit('signals', [...signals]);
    },
    close: async () => {
      await pause(UNSUBSCRIBE_MS);
      await Promise.all([pub, sub].map((client) => closeRedis(client)));
    },
  };
}

/**
 * All gateways must choose the same way, including those that start while Redis is away: these assume sharded pub/sub.
 */
async function hasShardedPubSub(client: RedisClient, log: Logger): Promise<boolean> {
  try {
    const [major] = await redisVersion(client);
    return major >= SHARDED_SINCE;
  } catch (error) {
    log.warn({ err: error }, 'Redis is away; taken for one of version 7 or later.');
    return true;
  }
}

const SignalsMessage = z.object({ from: z.string(), signals: z.unknown() });

/** For a cluster: the adapter has a single channel for everything, which would burden one master. */
export function shardedWire(redis: VolatileRedis, listen: (handler: (message: Buffer) => void) => void): SignalWire {
  const self = randomUUID();
  return {
    attach: (_io, heard) => {
      listen((message) => {
        const said = parse(message.toString());
        // Our own signals were delivered here already.
        if (said !== null && said.from !== self) heard(said.signals);
      });
    },
    tell: (signals) => {
      const [first] = signals;
      if (first === undefined) return;
      const channel = channelOn(redis, SIGNAL_CHANNEL, first.rooms[0]);
      publishOn(redis, channel, JSON.stringify({ from: self, signals })).catch(() => undefined);
    },
    // It uses connections that belong to others.
    close: () => Promise.resolve(),
  };
}

function parse(text: string): z.infer<typeof SignalsMessage> | null {
  try {
    return SignalsMessage.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // Not JSON, so not ours.
    return null;
  }
}
