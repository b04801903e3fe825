/** Appending to and acknowledging on Redis Streams. Streams are never trimmed; entries go when they are acknowledged. */
import { withDeadline } from '../lib/deadline.ts';
import { pipelined, type KeyedCommand } from './redis-cluster.ts';
import type { StreamRedis } from './redis.ts';

/**
 * The key of one shard of a stream, e.g. `ingest:{3}`. The braces are the Redis Cluster hash tag: one shard, one slot.
 * Written by StreamProducer, read by runStreamWorker; an entry goes by ackAndDelete, the key itself never.
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
  /** True when it was handed out before, to anyone: its effects may exist already. */
  readonly redelivered: boolean;
}

/** Ids to acknowledge, per stream key. */
export type AckedIds = ReadonlyMap<string, readonly string[]>;

/** Which ids of which key these entries are, in their order. */
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
  readonly key: string;
  readonly args: readonly ['xadd', ...(string | Buffer)[]];
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

/** Entries that may wait for their pipeline's answer at once; beyond that appends are refused. */
const MAX_PENDING = 20_000;

/**
 * Appends entries. All appends of one turn of the event loop travel together. An append resolves with the
 * entry's id only after Redis has answered (with `appendfsync always`: after it is on disk).
 */
export class StreamProducer {
  readonly #client: StreamRedis;
  #waiting: Waiting[] = [];
  #pending = 0;

  /** `client` must be made for purpose `producer`. */
  constructor(client: StreamRedis) {
    this.#client = client;
  }

  /**
   * XADD key * fields, without MAXLEN. Rejects with StreamUnavailableError at once while Redis is away, or after
   * `deadlineMs` (then the entry may exist: the effect must be idempotent).
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

  /** How many entries wait on each key, in their order. Rejects while Redis is away. */
  async lengths(keys: readonly string[]): Promise<number[]> {
    const replies = await pipelined(
      this.#client,
      keys.map((key) => ({ key, args: ['xlen', key] })),
    );
    return replies.map(([error, value]) => {
      if (error !== null) throw error;
      return Number(value);
    });
  }

  #enqueue(key: string, fields: Readonly<Record<string, string | Buffer>>): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, args: ['xadd', key, '*', ...Object.entries(fields).flat()], resolve, reject });
      if (this.#waiting.length === 1) {
        setImmediate(() => {
          void this.#flush();
        });
      }
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const results = await pipelined(this.#client, batch);
      batch.forEach((waiting, index) => {
        settle(waiting, results[index]);
      });
    } catch (error) {
      for (const { reject } of batch) reject(new StreamUnavailableError(error));
    }
  }
}

function settle(waiting: Waiting, result: [Error | null, unknown] | undefined): void {
  if (result === undefined) waiting.reject(new StreamUnavailableError(new Error('no answer in the pipeline')));
  else if (result[0] !== null) waiting.reject(new StreamUnavailableError(result[0]));
  else waiting.resolve(String(result[1]));
}

/**
 * XACK and XDEL of the ids, several keys together. Harmless to repeat. Acknowledge only what is committed.
 * Rejects when Redis is away: the entries are then delivered again.
 */
export async function ackAndDelete(client: StreamRedis, group: string, acked: AckedIds): Promise<void> {
  const commands = [...acked].flatMap(([key, ids]): KeyedCommand[] =>
    ids.length === 0
      ? []
      : [
          { key, args: ['xack', key, group, ...ids] },
          { key, args: ['xdel', key, ...ids] },
        ],
  );
  for (const [error] of await pipelined(client, commands)) if (error !== null) throw error;
}
