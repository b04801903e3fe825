/** Reads a sharded stream as one consumer of a group and never loses an entry: whatever fails is tried again for ever. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { backoffMs, pause } from '../lib/backoff.ts';
import { withDeadline } from '../lib/deadline.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { serverOf } from './redis-cluster.ts';
import { isRedisCluster } from './redis-url.ts';
import { closeRedis, createRedis } from './redis.ts';
import type { RedisClient } from './redis.ts';
import {
  claimIdle,
  ensureGroups,
  isNoGroup,
  keepClaims,
  readNew,
  readOwnPending,
  removeEmptyConsumers,
} from './stream-commands.ts';
import type { GroupReader, ReadResult } from './stream-commands.ts';
import { Crowd, partCrowded } from './stream-crowd.ts';
import { startLagSampler } from './stream-lag.ts';
import { ackAndDelete, idsByKey, streamLabel } from './stream.ts';
import type { AckedIds, StreamEntry } from './stream.ts';

/**
 * Does the work of a batch and returns what is finished (committed, or in the dead letters). What it leaves out is
 * delivered again after `reclaimIdleMs`. It may be given an entry several times and must be idempotent. Throwing means
 * "not now": the same batch is given again, with back-off, for ever; so it throws for infrastructure errors only and
 * deals with bad entries itself.
 */
export type StreamHandler = (entries: readonly StreamEntry[]) => Promise<AckedIds>;

/** Times in ms. `reclaimIdleMs` must be well above three times the slowest batch. */
export interface StreamWorkerOptions {
  readonly redisUrl: string;
  /** All shards to read, see streamKeys. */
  readonly keys: readonly string[];
  readonly group: string;
  /** From uniqueConsumer. */
  readonly consumer: string;
  /** Most entries of one shard in one read: what a noisy shard can take of it. */
  readonly countPerShard: number;
  /** Most entries the handler gets at once. */
  readonly maxBatch: number;
  readonly blockMs: number;
  readonly reclaimIdleMs: number;
  readonly handler: StreamHandler;
  readonly log: Logger;
  readonly metrics: Pick<
    Metrics,
    'queueBacklog' | 'queueOldestAge' | 'queueActiveJobs' | 'queueCompleted' | 'queueFailed'
  >;
  /** Fires when the worker shall finish its batch and stop. */
  readonly signal: AbortSignal;
}

const WATCHDOG_MS = 2000;
/** While crowded shards are worked on beside, so that they are read again soon after. */
const BESIDE_CROWD_MS = 20;
const CONNECT_DEADLINE_MS = 4000;
const COMMAND_DEADLINE_MS = 5000;
const RECONNECT_BACKOFF = { baseMs: 50, capMs: 1000 };
const HANDLER_BACKOFF = { baseMs: 100, capMs: 10_000 };
const IDLE_CONSUMER_MS = 600_000;
const TIDY_EVERY_MS = 60_000;

/** A consumer name no other process has or will have. */
export function uniqueConsumer(nodeName: string): string {
  return `${nodeName}-${hostname()}-${String(process.pid)}-${randomBytes(4).toString('hex')}`;
}

/**
 * Runs until `signal` fires and the batch in hand is finished. Never rejects for what Redis or the handler do. The
 * handler is given one batch at a time, and one more of shards that have a backlog, see stream-crowd.ts; never two with
 * entries of one shard.
 */
export async function runStreamWorker(options: StreamWorkerOptions): Promise<void> {
  const stopSampling = startLagSampler(options);
  try {
    await Promise.all(lanesOf(options).map((lane) => new WorkerLoop(lane).run()));
  } finally {
    await stopSampling();
  }
}

/** One read waits on all shards of one server; in a cluster each shard has a slot of its own, and one read one slot. */
function lanesOf(options: StreamWorkerOptions): StreamWorkerOptions[] {
  if (!isRedisCluster(options.redisUrl)) return [options];
  const handler = inTurn(options.handler);
  return options.keys.map((key) => ({ ...options, keys: [key], handler }));
}

function inTurn(handler: StreamHandler): StreamHandler {
  let last: Promise<unknown> = Promise.resolve();
  return (entries) => {
    const own = last.then(() => handler(entries));
    last = own.catch(() => undefined);
    return own;
  };
}

interface Connection {
  readonly reader: RedisClient;
  readonly commands: RedisClient;
}

class WorkerLoop {
  readonly #options: StreamWorkerOptions;
  readonly #reader: GroupReader;
  readonly #stream: string;
  #nextClaimMs = 0;
  #nextTidyMs = 0;

  constructor(options: StreamWorkerOptions) {
    this.#options = options;
    this.#reader = options;
    this.#stream = streamLabel(options.keys[0] ?? '');
  }

  async run(): Promise<void> {
    const { signal, log } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        const connection = await this.#open();
        try {
          await this.#prepare(connection);
          attempt = 0;
          await this.#readUntilStopped(connection);
          await this.#command(removeEmptyConsumers(connection.commands, this.#reader, 'leave'));
        } finally {
          // A client that missed a deadline is never used again: its late answer would belong to nobody.
          connection.reader.disconnect();
          await closeRedis(connection.commands);
        }
      } catch (error) {
        log.warn({ err: error, stream: this.#stream }, 'Reading a stream failed; connecting again.');
      }
      await pause(backoffMs(attempt, RECONNECT_BACKOFF), signal);
    }
  }

  /** To the server that has the keys now; one that had them answers MOVED, or not at all, and this is done again. */
  async #open(): Promise<Connection> {
    const { redisUrl, keys, log } = this.#options;
    const url = await withDeadline(serverOf(redisUrl, keys[0] ?? ''), CONNECT_DEADLINE_MS, 'Finding the Redis server');
    return { reader: createRedis(url, 'reader', log), commands: createRedis(url, 'producer', log) };
  }

  async #command<T>(reply: Promise<T>): Promise<T> {
    return await withDeadline(reply, COMMAND_DEADLINE_MS, 'Redis');
  }

  async #prepare({ reader, commands }: Connection): Promise<void> {
    await Promise.all([becomeReady(reader), becomeReady(commands)]);
    await this.#command(ensureGroups(commands, this.#reader));
    await this.#finishOwn({ reader, commands });
  }

  /** After every reconnect first: what was handed to us on the old connection would never be handed out by `>`. */
  async #finishOwn(connection: Connection): Promise<void> {
    let afterIds = this.#options.keys.map(() => '0-0');
    for (;;) {
      const count = this.#options.countPerShard;
      const result = await this.#command(readOwnPending(connection.reader, this.#reader, { count, afterIds }));
      if (result.entries.length === 0 && result.deleted.size === 0) return;
      await this.#work(connection, result);
      if (this.#options.signal.aborted) return;
      afterIds = this.#options.keys.map((key, index) => lastId(result, key) ?? afterIds[index] ?? '0-0');
    }
  }

  async #readUntilStopped(connection: Connection): Promise<void> {
    const { signal, blockMs, keys, countPerShard: count } = this.#options;
    const crowd = new Crowd();
    const isStopped = (): boolean => signal.aborted;
    const unblock = await this.#unblocker(connection);
    signal.addEventListener('abort', unblock, { once: true });
    try {
      while (!isStopped()) {
        await this.#takeOver(connection, crowd.without(keys));
        // Stopped meanwhile: nothing would end the wait early any more.
        if (isStopped()) break;
        const waitMs = crowd.isBusy ? Math.min(blockMs, BESIDE_CROWD_MS) : blockMs;
        const reader = { ...this.#reader, keys: crowd.without(keys) };
        const reading = readNew(connection.reader, reader, { count, blockMs: waitMs });
        await this.#workOn(connection, crowd, await withDeadline(reading, waitMs + WATCHDOG_MS, 'Redis XREADGROUP'));
        crowd.check();
      }
      await crowd.settled();
      crowd.check();
    } catch (error) {
      if (isNoGroup(error))
        this.#options.log.error({ stream: this.#stream }, 'A consumer group vanished; recreating it from the start.');
      throw error;
    } finally {
      signal.removeEventListener('abort', unblock);
      // Whoever connects again is given what it still works on.
      await crowd.settled();
    }
  }

  /** Crowded shards go beside, where nothing is under way there; the rest is finished before anything new is read. */
  async #workOn(connection: Connection, crowd: Crowd, result: ReadResult): Promise<void> {
    if (crowd.isBusy) {
      await this.#work(connection, result);
      return;
    }
    const { keys, countPerShard: count } = this.#options;
    const { crowded, rest } = partCrowded(result, { count, shards: keys.length });
    const working = this.#work(connection, rest);
    if (crowded.entries.length > 0) crowd.begin(crowded.entries, this.#work(connection, crowded));
    await working;
  }

  /** Ends a blocking read early when stopping. Cutting the connection instead could strand entries already handed out. */
  async #unblocker({ reader, commands }: Connection): Promise<() => void> {
    const id = await this.#command(reader.client('ID'));
    return () => {
      commands.client('UNBLOCK', id).catch(() => {
        // The read then ends by its own time.
      });
    };
  }

  /** Every half reclaim time: entries of consumers that died; every minute: consumers that hold nothing. */
  async #takeOver(connection: Connection, keys: readonly string[]): Promise<void> {
    const nowMs = performance.now();
    if (nowMs >= this.#nextTidyMs) {
      this.#nextTidyMs = nowMs + TIDY_EVERY_MS;
      await this.#command(removeEmptyConsumers(connection.commands, this.#reader, IDLE_CONSUMER_MS));
    }
    if (nowMs < this.#nextClaimMs) return;
    const { reclaimIdleMs: minIdleMs, countPerShard: count } = this.#options;
    const reader = { ...this.#reader, keys };
    const result = await this.#command(claimIdle(connection.reader, reader, { minIdleMs, count }));
    // A full harvest means there is more: come back at once.
    this.#nextClaimMs = result.entries.length > 0 ? 0 : performance.now() + minIdleMs / 2;
    await this.#work(connection, result);
  }

  async #work(connection: Connection, result: ReadResult): Promise<void> {
    await this.#command(ackAndDelete(connection.commands, this.#options.group, result.deleted));
    const { entries } = result;
    for (let at = 0; at < entries.length; at += this.#options.maxBatch) {
      const batch = entries.slice(at, at + this.#options.maxBatch);
      const acked = await this.#handle(connection, batch);
      if (acked === null) return;
      await this.#command(ackAndDelete(connection.commands, this.#options.group, acked));
      let finished = 0;
      for (const ids of acked.values()) finished += ids.length;
      this.#options.metrics.queueCompleted.inc({ stream: this.#stream }, finished);
    }
  }

  async #handle(connection: Connection, batch: readonly StreamEntry[]): Promise<AckedIds | null> {
    const { metrics, reclaimIdleMs } = this.#options;
    const labels = { stream: this.#stream };
    const heartbeat = setInterval(() => {
      keepClaims(connection.commands, this.#reader, idsByKey(batch)).catch(() => {
        // Redis is away; if another process takes the batch over, its effects are idempotent.
      });
    }, reclaimIdleMs / 3);
    metrics.queueActiveJobs.inc(labels, batch.length);
    try {
      return await this.#untilHandled(batch);
    } finally {
      clearInterval(heartbeat);
      metrics.queueActiveJobs.dec(labels, batch.length);
    }
  }

  /** The handler until it succeeds; null when stopping during an outage: the batch stays pending for another process. */
  async #untilHandled(batch: readonly StreamEntry[]): Promise<AckedIds | null> {
    const { handler, signal, log, metrics } = this.#options;
    const stream = this.#stream;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await handler(batch);
      } catch (error) {
        metrics.queueFailed.inc({ stream });
        log.error({ err: error, stream, attempt, batch: batch.length }, 'A batch failed; it is tried again.');
        if (signal.aborted) return null;
        await pause(backoffMs(attempt, HANDLER_BACKOFF), signal);
      }
    }
  }
}

function lastId(result: ReadResult, key: string): string | undefined {
  const alive = result.entries.filter((entry) => entry.key === key).at(-1)?.id;
  const deleted = result.deleted.get(key)?.at(-1);
  if (alive === undefined || deleted === undefined) return alive ?? deleted;
  return compareIds(alive, deleted) > 0 ? alive : deleted;
}

/** Stream ids are `ms-seq`, compared as numbers. */
function compareIds(a: string, b: string): number {
  const [aMs = 0, aSeq = 0] = a.split('-').map(Number);
  const [bMs = 0, bSeq = 0] = b.split('-').map(Number);
  return aMs === bMs ? aSeq - bSeq : aMs - bMs;
}

async function becomeReady(client: RedisClient): Promise<void> {
  if (client.status === 'ready') return;
  const ready = new Promise<void>((resolve) => {
    client.once('ready', () => {
      resolve();
    });
  });
  await withDeadline(ready, CONNECT_DEADLINE_MS, 'Connecting to Redis');
}
