/** Reads a sharded stream as one consumer of a group and never loses an entry: whatever fails is retried for ever. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { backoffMs, pause } from '../lib/backoff.ts';
import { withDeadline } from '../lib/deadline.ts';
import type { Metrics } from './metrics.ts';
import { serverOf } from './redis-cluster.ts';
import { isRedisCluster } from './redis-url.ts';
import { closeRedis, createRedis } from './redis.ts';
import type { RedisClient } from './redis.ts';
import {
  claimIdle,
  ensureGroups,
  isNoGroup,
  readNew,
  readOwnPending,
  removeEmptyConsumers,
} from './stream-commands.ts';
import type { GroupReader, ReadResult } from './stream-commands.ts';
import { Crowd, partCrowded } from './stream-crowd.ts';
import { startLagSampler } from './stream-lag.ts';
import { inTime, StreamBatches, type StreamBatchOptions, type StreamHandler } from './stream-batches.ts';
import { streamLabel } from './stream.ts';

/** Times in ms. `keys` are all shards to read, see streamKeys; `consumer` is from uniqueConsumer. */
export interface StreamWorkerOptions extends StreamBatchOptions {
  readonly redisUrl: string;
  /** Most entries of one shard in one read, which bounds what a busy shard can take of it. */
  readonly countPerShard: number;
  readonly blockMs: number;
  readonly metrics: StreamBatchOptions['metrics'] & Pick<Metrics, 'queueBacklog' | 'queueOldestAge'>;
}

const WATCHDOG_MS = 2000;
/** Longest read while crowded shards are being processed, in case the signal to end it comes before it begins. */
const BESIDE_CROWD_MS = 20;
const CONNECT_DEADLINE_MS = 4000;
const RECONNECT_BACKOFF = { baseMs: 50, capMs: 1000 };
const IDLE_CONSUMER_MS = 600_000;
const TIDY_EVERY_MS = 60_000;

/** A consumer name no other process has or will have. */
export function uniqueConsumer(nodeName: string): string {
  return `${nodeName}-${hostname()}-${String(process.pid)}-${randomBytes(4).toString('hex')}`;
}

/**
 * Runs until `signal` fires and the current batch is finished. Never rejects because of Redis or the handler. The
 * handler gets one batch at a time, plus one of shards that have a backlog (see stream-crowd.ts); never two with
 * entries of one shard.
 */
export async function runStreamWorker(options: StreamWorkerOptions): Promise<void> {
  const stopSampling = startLagSampler(options);
  // Initialise to 0: a counter that first appears with its first failure shows no increase.
  const stream = streamLabel(options.keys[0] ?? '');
  options.metrics.queueCompleted.inc({ stream }, 0);
  options.metrics.queueFailed.inc({ stream }, 0);
  try {
    await Promise.all(lanesOf(options).map((lane) => new WorkerLoop(lane).run()));
  } finally {
    await stopSampling();
  }
}

/**
 * One read blocks on all shards of a server. In a cluster each shard has its own slot, and one read can only block on
 * one slot.
 */
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
  readonly batches: StreamBatches;
}

class WorkerLoop {
  readonly #options: StreamWorkerOptions;
  readonly #reader: GroupReader;
  readonly #stream: string;
  #nextClaimMs = 0;
  #nextTidyMs = 0;

  constructor(options: StreamWorkerOptions) {
    const { keys, group, consumer } = options;
    this.#options = options;
    this.#reader = { keys, group, consumer };
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
          await connection.batches.settled();
          await inTime(removeEmptyConsumers(connection.commands, this.#reader, 'leave'));
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

  /**
   * Connects to the server that has the keys now. If it no longer has them it answers MOVED, or nothing, and this is
   * repeated.
   */
  async #open(): Promise<Connection> {
    const { redisUrl, keys, log } = this.#options;
    const url = await withDeadline(serverOf(redisUrl, keys[0] ?? ''), CONNECT_DEADLINE_MS, 'Finding the Redis server');
    const commands = createRedis(url, 'producer', log);
    return { reader: createRedis(url, 'reader', log), commands, batches: new StreamBatches(this.#options, commands) };
  }

  async #prepare(connection: Connection): Promise<void> {
    const { reader, commands } = connection;
    await Promise.all([becomeReady(reader), becomeReady(commands)]);
    await inTime(ensureGroups(commands, this.#reader));
    await this.#finishOwn(connection);
  }

  /** First thing after every reconnect: entries delivered on the old connection are never delivered again by `>`. */
  async #finishOwn(connection: Connection): Promise<void> {
    let afterIds = this.#options.keys.map(() => '0-0');
    for (;;) {
      const count = this.#options.countPerShard;
      const result = await inTime(readOwnPending(connection.reader, this.#reader, { count, afterIds }));
      if (result.entries.length === 0 && result.deleted.size === 0) return;
      await connection.batches.work(result);
      if (this.#options.signal.aborted) return;
      afterIds = this.#options.keys.map((key, index) => lastId(result, key) ?? afterIds[index] ?? '0-0');
    }
  }

  async #readUntilStopped(connection: Connection): Promise<void> {
    const { signal, blockMs, keys, countPerShard: count } = this.#options;
    const isStopped = (): boolean => signal.aborted;
    const unblock = await this.#unblocker(connection);
    const crowd = new Crowd(unblock);
    signal.addEventListener('abort', unblock, { once: true });
    try {
      while (!isStopped()) {
        await this.#takeOver(connection, crowd.without(keys));
        // Stopped meanwhile: nothing would end the blocking read early any more.
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
      // After a reconnect we would be given the entries that are still being worked on.
      await crowd.settled();
    }
  }

  /** Starts crowded shards in parallel if nothing is under way there; finishes the rest before anything new is read. */
  async #workOn(connection: Connection, crowd: Crowd, result: ReadResult): Promise<void> {
    if (crowd.isBusy) {
      await connection.batches.work(result);
      return;
    }
    const { keys, countPerShard: count } = this.#options;
    const { crowded, rest } = partCrowded(result, { count, shards: keys.length });
    const working = connection.batches.work(rest);
    if (crowded.entries.length > 0) crowd.begin(crowded.entries, connection.batches.work(crowded));
    await working;
  }

  /**
   * Ends a blocking read early: when stopping, and when crowded shards may be read again. Cutting the connection
   * instead could strand entries that were already handed out.
   */
  async #unblocker({ reader, commands }: Connection): Promise<() => void> {
    const id = await inTime(reader.client('ID'));
    return () => {
      commands.client('UNBLOCK', id).catch(() => {
        // If that fails, the read ends by its own timeout.
      });
    };
  }

  /**
   * Every half reclaim time: takes entries of dead consumers over; every minute: removes consumers that hold nothing.
   */
  async #takeOver(connection: Connection, keys: readonly string[]): Promise<void> {
    const nowMs = performance.now();
    if (nowMs >= this.#nextTidyMs) {
      this.#nextTidyMs = nowMs + TIDY_EVERY_MS;
      await inTime(removeEmptyConsumers(connection.commands, this.#reader, IDLE_CONSUMER_MS));
    }
    if (nowMs < this.#nextClaimMs) return;
    const { reclaimIdleMs: minIdleMs, countPerShard: count } = this.#options;
    const reader = { ...this.#reader, keys };
    const result = await inTime(claimIdle(connection.reader, reader, { minIdleMs, count }));
    // A full result means there is more: come back at once.
    this.#nextClaimMs = result.entries.length > 0 ? 0 : performance.now() + minIdleMs / 2;
    await connection.batches.work(result);
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
