/**
 * Appends to Redis Streams and acknowledges entries. Streams are never trimmed; an entry is deleted when it is
 * acknowledged.
 */
import { withDeadline } from '../lib/deadline.ts';
import { pipelined, unlessAllFailed, type RedisCommand, type Reply } from './redis-cluster.ts';
import { isOneServer, type StreamRedis } from './redis.ts';

/**
 * The key of one shard of a stream, e.g. `ingest:{3}`. The braces are the Redis Cluster hash tag: one shard, one slot.
 * Written by StreamProducer, read by runStreamWorker; ackAndDelete removes entries, the key itself is never removed.
 */
export function streamKey(name: string, shard: number): string {
  return `${name}:{${String(shard)}}`;
}

/** All keys of a stream, by shard. */
export function streamKeys(name: string, shards: number): string[] {
  return Array.from({ length: shards }, (_, shard) => streamKey(name, shard));
}

/** Label of the metrics: `ingest` for `ingest:{3}`. */
export function streamLabel(key: string): string {
  return key.split(':{')[0] ?? key;
}

/** One entry as read: `id` is the Redis stream id (ms-seq), values are raw bytes. */
export interface StreamEntry {
  readonly key: string;
  readonly id: string;
  readonly fields: Readonly<Record<string, Buffer>>;
  /** True if it was delivered before, to anyone: its effects may exist already. */
  readonly redelivered: boolean;
}

/** Ids to acknowledge, per stream key. */
export type AckedIds = ReadonlyMap<string, readonly string[]>;

/** The ids of these entries by key, in order. */
export function idsByKey(entries: readonly StreamEntry[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const { key, id } of entries) {
    const known = ids.get(key);
    if (known === undefined) ids.set(key, [id]);
    else known.push(id);
  }
  return ids;
}

interface Waiting {
  readonly command: RedisCommand;
  readonly resolve: (id: string) => void;
  readonly reject: (error: Error) => void;
}

/** Redis is away or did not answer; the entry may or may not have been written. */
export class StreamUnavailableError extends Error {
  readonly code = 'STREAM_UNAVAILABLE';
  constructor(cause: unknown) {
    super('The stream did not take the entry.', { cause });
    this.name = 'StreamUnavailableError';
  }
}

/**
 * The entry is on the stream, but no replica has confirmed it in time: a failover may lose it. It may still be read and
 * handled.
 */
export class UnconfirmedAppendError extends StreamUnavailableError {
  constructor(cause: unknown) {
    super(cause);
    this.name = 'UnconfirmedAppendError';
  }
}

/** How long to wait for replicas; two such waits fit into the time that an append of a webhook has. */
const CONFIRM_MS = 250;

/** Most entries that may wait for their pipeline's answer at once; beyond that appends are refused. */
const MAX_PENDING = 20_000;

/**
 * Appends entries. All appends of one turn of the event loop travel together. An append resolves with the entry's id
 * only after Redis has answered (with `appendfsync always`: after it is on disk) and as many replicas as required have
 * it. With replicas, appends that come meanwhile travel together next, because each wait blocks the connection until
 * the replicas have answered.
 */
export class StreamProducer {
  readonly #client: StreamRedis;
  readonly #replicas: number;
  #waiting: Waiting[] = [];
  #pending = 0;
  #isConfirming = false;

  /** `client` must have purpose `producer`; with `replicas` it must be a single server. */
  constructor(client: StreamRedis, options: { readonly replicas: number } = { replicas: 0 }) {
    this.#client = client;
    this.#replicas = options.replicas;
  }

  /**
   * XADD key * fields, without MAXLEN. Rejects with StreamUnavailableError at once while Redis is away, or after
   * `deadlineMs` (then the entry may exist: the effect must be idempotent); with UnconfirmedAppendError when replicas were
   * asked for and have not confirmed it.
   */
  async append(key: string, fields: Readonly<Record<string, string | Buffer>>, deadlineMs: number): Promise<string> {
    if (this.#client.status !== 'ready')
      throw new StreamUnavailableError(new Error(`client is ${this.#client.status}`));
    if (this.#pending >= MAX_PENDING) throw new StreamUnavailableError(new Error('too many appends are waiting'));
    this.#pending += 1;
    try {
      return await withDeadline(this.#enqueue(key, fields), deadlineMs, 'Redis XADD');
    } catch (error) {
      throw error instanceof StreamUnavailableError ? error : new StreamUnavailableError(error);
    } finally {
      this.#pending -= 1;
    }
  }

  /** What is refused on one key is refused on all: there is only one server. */
  get isOneServer(): boolean {
    return isOneServer(this.#client);
  }

  /** The number of entries on each key, in order; on a cluster, 0 where the master is away. Rejects while all are away. */
  async lengths(keys: readonly string[]): Promise<number[]> {
    const replies = await pipelined(
      this.#client,
      keys.map((key) => ['xlen', key]),
    );
    return unlessAllFailed(replies).map(([error, length]) => (error === null ? Number(length) : 0));
  }

  #enqueue(key: string, fields: Readonly<Record<string, string | Buffer>>): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command: ['xadd', key, '*', ...Object.entries(fields).flat()], resolve, reject });
      if (this.#waiting.length === 1 && !this.#isConfirming) this.#flushSoon();
    });
  }

  #flushSoon(): void {
    setImmediate(() => {
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#isConfirming = this.#replicas > 0;
    try {
      const results = await pipelined(this.#client, [...batch.map(({ command }) => command), ...this.#confirmation()]);
      const unconfirmed = this.#refusal(results[batch.length]);
      batch.forEach((waiting, index) => {
        settle(waiting, results[index], unconfirmed);
      });
    } catch (error) {
      for (const { reject } of batch) reject(new StreamUnavailableError(error));
    }
    if (!this.#isConfirming) return;
    this.#isConfirming = false;
    if (this.#waiting.length > 0) this.#flushSoon();
  }

  /** WAIT covers everything this connection has written before. */
  #confirmation(): RedisCommand[] {
    return this.#replicas === 0 ? [] : [['wait', this.#replicas, CONFIRM_MS]];
  }

  /** A WAIT that fails or is not answered does not undo the appends before it. */
  #refusal(confirmation: Reply | undefined): UnconfirmedAppendError | null {
    if (this.#replicas === 0) return null;
    const [error, replicas] = confirmation ?? [null, 0];
    if (error !== null) return new UnconfirmedAppendError(error);
    if (Number(replicas) >= this.#replicas) return null;
    return new UnconfirmedAppendError(new Error(`${String(replicas)} replicas confirmed it`));
  }
}

function settle(waiting: Waiting, result: Reply | undefined, unconfirmed: UnconfirmedAppendError | null): void {
  if (result === undefined) waiting.reject(new StreamUnavailableError(new Error('no answer in the pipeline')));
  else if (result[0] !== null) waiting.reject(new StreamUnavailableError(result[0]));
  else if (unconfirmed !== null) waiting.reject(unconfirmed);
  else waiting.resolve(String(result[1]));
}

/**
 * KEYS[1] stream, ARGV: group, ids, which Lua can pass on by some thousands only. One step: nobody would ever be given
 * an entry again that is acknowledged and was not deleted.
 */
const ACK_AND_DELETE = `
for from = 2, #ARGV, 1000 do
  local ids = {unpack(ARGV, from, math.min(from + 999, #ARGV))}
  redis.call('XACK', KEYS[1], ARGV[1], unpack(ids))
  redis.call('XDEL', KEYS[1], unpack(ids))
end`;

/**
 * XACK and XDEL of the ids, several keys together. Safe to repeat. Acknowledge only what is committed. Rejects when
 * Redis is away: the entries are then delivered again.
 */
export async function ackAndDelete(client: StreamRedis, group: string, acked: AckedIds): Promise<void> {
  const commands = [...acked].flatMap(([key, ids]): RedisCommand[] =>
    ids.length === 0 ? [] : [['eval', ACK_AND_DELETE, 1, key, group, ...ids]],
  );
  for (const [error] of await pipelined(client, commands)) if (error !== null) throw error;
}
