/**
 * Pub/sub channels: one per kind on a single server; one per kind and shard on a cluster, so that its masters share the
 * load.
 */
import { shardOf } from '../lib/hash.ts';
import { isOneServer, type VolatileRedis } from './redis.ts';

/** A hash tag, and the slot that it stands for. */
export interface ChannelShard {
  readonly tag: string;
  readonly slot: number;
}

/**
 * The slots are spaced evenly, a sixteenth of all slots apart, so that up to sixteen masters each have a share and a
 * few masters have equal ones. This list is part of the protocol between processes: two releases with different lists
 * do not hear each other.
 */
export const CHANNEL_SHARDS: readonly ChannelShard[] = [
  { tag: '1768', slot: 512 },
  { tag: '20261', slot: 1536 },
  { tag: '18360', slot: 2560 },
  { tag: '41271', slot: 3584 },
  { tag: '3453', slot: 4608 },
  { tag: '11199', slot: 5632 },
  { tag: '29098', slot: 6656 },
  { tag: '8591', slot: 7680 },
  { tag: '265', slot: 8704 },
  { tag: '45842', slot: 9728 },
  { tag: '13409', slot: 10_752 },
  { tag: '17891', slot: 11_776 },
  { tag: '46093', slot: 12_800 },
  { tag: '3635', slot: 13_824 },
  { tag: '2912', slot: 14_848 },
  { tag: '48623', slot: 15_872 },
];

/** The channel of a kind in a shard of a cluster. */
export function shardChannel(kind: string, { tag }: ChannelShard): string {
  return `${kind}:{${tag}}`;
}

/** The channel for messages of a kind about `key`. Messages about the same key keep their order. */
export function channelOn(client: VolatileRedis, kind: string, key: string): string {
  if (isOneServer(client)) return kind;
  const shard = CHANNEL_SHARDS[shardOf(key, CHANNEL_SHARDS.length)];
  return shard === undefined ? kind : shardChannel(kind, shard);
}

/** Sends one message on a channel returned by `channelOn`. Rejects when the message may not have been sent. */
export async function publishOn(client: VolatileRedis, channel: string, payload: string): Promise<void> {
  await (isOneServer(client) ? client.publish(channel, payload) : client.spublish(channel, payload));
}
