/** Listens to the channels of all shards of a cluster, wherever their slots are now. */
import { CHANNEL_SHARDS, shardChannel, type ChannelShard } from './channels.ts';
import type { Logger } from './log.ts';
import { subscriberOf } from './redis-cluster.ts';
import { closeRedis, type RedisClient, type RedisCluster } from './redis.ts';

/** Errors of a healthy server that will pass: the slot is elsewhere, or nobody's yet. */
const PASSING = /^(MOVED|CLUSTERDOWN|LOADING) /;
const REFUSED_EVERY_MS = 60_000;
/**
 * Least time between two rounds of subscribing, ms. A round follows each refresh of the slots, which the client does
 * every second and after every command for a dead master.
 */
const FOLLOW_EVERY_MS = 200;

/** `onMessage` must not throw. */
export interface ClusterEarOptions {
  /** Knows which master owns which slot, refreshed every second. Its owner closes it. */
  readonly client: RedisCluster;
  readonly kinds: readonly string[];
  readonly onMessage: (kind: string, message: Buffer) => void;
  readonly log: Logger;
}

/**
 * Holds a connection to each master that has channels. Every second it subscribes again to every channel, at the
 * current owner of its slot: that changes nothing if the subscription exists, and repairs it after a slot migration,
 * failover, restart or half-open connection. The library's own sharded subscribers are not used because they subscribe
 * once per slot change they notice, and stay deaf if that fails.
 */
export class ClusterEar {
  readonly #options: ClusterEarOptions;
  readonly #kinds: ReadonlyMap<string, string>;
  /** By address, as the cluster names it. */
  readonly #connections = new Map<string, RedisClient>();
  #refusedMs = -Infinity;
  #followedMs = -Infinity;
  readonly #onRefresh = (): void => {
    if (performance.now() - this.#followedMs >= FOLLOW_EVERY_MS) this.#follow();
  };

  constructor(options: ClusterEarOptions) {
    this.#options = options;
    this.#kinds = new Map(
      CHANNEL_SHARDS.flatMap((shard) => options.kinds.map((kind) => [shardChannel(kind, shard), kind] as const)),
    );
    options.client.on('refresh', this.#onRefresh);
    if (options.client.status === 'ready') this.#follow();
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.#options.client.off('refresh', this.#onRefresh);
    const open = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(open.map((connection) => closeRedis(connection)));
  }

  #follow(): void {
    this.#followedMs = performance.now();
    const byOwner = this.#byOwner();
    for (const [owner, connection] of this.#connections) {
      if (byOwner.has(owner)) continue;
      this.#connections.delete(owner);
      connection.disconnect();
    }
    for (const [owner, shards] of byOwner) {
      const connection = this.#connections.get(owner) ?? this.#connect(owner);
      if (connection?.status === 'ready') this.#subscribe(connection, shards);
    }
  }

  #byOwner(): Map<string, ChannelShard[]> {
    const found = new Map<string, ChannelShard[]>();
    for (const shard of CHANNEL_SHARDS) {
      const owner = this.#ownerOf(shard);
      if (owner !== undefined) found.set(owner, [...(found.get(owner) ?? []), shard]);
    }
    return found;
  }

  #ownerOf({ slot }: ChannelShard): string | undefined {
    return this.#options.client.slots[slot]?.[0];
  }

  #connect(owner: string): RedisClient | null {
    const { client, log } = this.#options;
    const connection = subscriberOf(client, owner, log);
    if (connection === null) return null;
    this.#connections.set(owner, connection);
    connection.on('ready', () => {
      this.#subscribe(
        connection,
        CHANNEL_SHARDS.filter((shard) => this.#ownerOf(shard) === owner),
      );
    });
    connection.on('smessageBuffer', (channel: Buffer, message: Buffer) => {
      const kind = this.#kinds.get(channel.toString());
      if (kind !== undefined) this.#options.onMessage(kind, message);
    });
    return connection;
  }

  #subscribe(connection: RedisClient, shards: readonly ChannelShard[]): void {
    for (const shard of shards) {
      connection.ssubscribe(...this.#options.kinds.map((kind) => shardChannel(kind, shard))).catch((error: unknown) => {
        // A server that answers with an error is alive: it does not know yet that it owns the slot, or knows better
        // than we do.
        const isSilent = error instanceof Error && error.message === 'Command timed out';
        if (isSilent && connection.status === 'ready') connection.disconnect(true);
        if (isRefusal(error)) this.#complain(error);
      });
    }
  }

  /**
   * Reports missing rights or an outdated server, which the operator has to fix. Subscribing is retried all the same.
   */
  #complain(error: Error): void {
    const nowMs = performance.now();
    if (nowMs - this.#refusedMs < REFUSED_EVERY_MS) return;
    this.#refusedMs = nowMs;
    this.#options.log.warn({ err: error }, 'The Redis cluster does not let us listen: events come by the poll.');
  }
}

function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError' && !PASSING.test(error.message);
}
