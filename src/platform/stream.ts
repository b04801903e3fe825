/** Appending to and acknowledging on Redis Streams. Streams are never trimmed; entries go when they are acknowledged. */
import { withDeadline } from '../lib/deadline.ts';
import type { RedisClient } from './redis.ts';

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

interface Waiting {
  readonly args: (string | Buffer)[];
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
 * Appends entries. All appends of one turn of the event loop travel as one pipeline. An append resolves with the
 * entry's id only after Redis has answered (with `appendfsync always`: after it is on disk).
 */
export class StreamProducer {
  readonly #client: RedisClient;
  #waiting: Waiting[] = [];
  #pending = 0;

  /** `client` must be made for purpose `producer`. */
  constructor(client: RedisClient) {
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
    const args: (string | Buffer)[] = [key, '*'];
    for (const [name, value] of Object.entries(fields)) args.push(name, value);
    this.#pending += 1;
    try {
      return await withDeadline(this.#enqueue(args), deadlineMs, 'Redis XADD');
    } catch (error) {
      throw error instanceof StreamUnavailableError ? error : new StreamUnavailableError(error);
    } finally {
      this.#pending -= 1;
    }
  }

  #enqueue(args: (string | Buffer)[]): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ args, resolve, reject });
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
      const pipeline = this.#client.pipeline();
      for (const { args } of batch) pipeline.call('XADD', ...args);
      const results = (await pipeline.exec()) ?? [];
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
 * XACK and XDEL of the ids, several keys in one pipeline. Harmless to repeat. Acknowledge only what is committed.
 * Rejects when Redis is away: the entries are then delivered again.
 */
export async function ackAndDelete(client: RedisClient, group: string, acked: AckedIds): Promise<void> {
  const pipeline = client.pipeline();
  for (const [key, ids] of acked) {
    if (ids.length === 0) continue;
    pipeline.xack(key, group, ...ids);
    pipeline.xdel(key, ...ids);
  }
  if (pipeline.length === 0) return;
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}
