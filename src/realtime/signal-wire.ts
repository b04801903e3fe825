/** How typing and viewing come to the other gateways: through Socket.IO's adapter, or on a cluster by channels of shards. */
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

/** First version with sharded pub/sub. */
const SHARDED_SINCE = 7;
/** The adapter unsubscribes without waiting; its connection must outlive that. */
const UNSUBSCRIBE_MS = 50;

/** Methods never throw; what is told while Redis is away is lost. */
export interface SignalWire {
  /** Once, before the server has sockets. `heard`: what other gateways tell; what they say may be of another version. */
  attach(io: InboxServer, heard: (signals: unknown) => void): void;
  /** Signals of one business. */
  tell(signals: readonly ThreadSignal[]): void;
  close(): Promise<void>;
}

/** On a server of Redis: its adapter carries server-side emits. Room operations stay local and synchronous. */
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

/** All gateways have to take the same way, also those that start while Redis is away: then it is what we ask for. */
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

/** On a cluster: the adapter has one channel for all that is told, which would be one master's. */
export function shardedWire(redis: VolatileRedis, listen: (handler: (message: Buffer) => void) => void): SignalWire {
  const self = randomUUID();
  return {
    attach: (_io, heard) => {
      listen((message) => {
        const said = parse(message.toString());
        // What is said here was told here.
        if (said !== null && said.from !== self) heard(said.signals);
      });
    },
    tell: (signals) => {
      const [first] = signals;
      if (first === undefined) return;
      const channel = channelOn(redis, SIGNAL_CHANNEL, first.rooms[0]);
      publishOn(redis, channel, JSON.stringify({ from: self, signals })).catch(() => undefined);
    },
    // It sends and hears on connections of others.
    close: () => Promise.resolve(),
  };
}

function parse(text: string): z.infer<typeof SignalsMessage> | null {
  try {
    return SignalsMessage.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // Not JSON: not ours.
    return null;
  }
}
