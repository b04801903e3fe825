/** What happens to the entries that a stream worker has read: handled, acknowledged, and retried until they are. */
import { backoffMs, pause } from '../lib/backoff.ts';
import { withDeadline } from '../lib/deadline.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { RedisClient } from './redis.ts';
import { keepClaims, type GroupReader, type ReadResult } from './stream-commands.ts';
import { ackAndDelete, idsByKey, streamLabel, type AckedIds, type StreamEntry } from './stream.ts';

/**
 * Handles a batch and returns the entries that are finished (committed, or in the dead letters). Entries it leaves out
 * are delivered again after `reclaimIdleMs`. It may get an entry several times and must be idempotent. Throwing means
 * "not now": the same batch is passed in again, with back-off, for ever. So it may throw only for infrastructure
 * errors, and has to deal with bad entries itself.
 */
export type StreamHandler = (entries: readonly StreamEntry[]) => Promise<AckedIds>;

/** Times in ms. `reclaimIdleMs` must be well above three times the slowest batch. */
export interface StreamBatchOptions extends GroupReader {
  /** Most entries the handler gets at once. */
  readonly maxBatch: number;
  readonly reclaimIdleMs: number;
  readonly handler: StreamHandler;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'queueActiveJobs' | 'queueCompleted' | 'queueFailed'>;
  /** Fires when the worker should finish its batch and stop. */
  readonly signal: AbortSignal;
}

const COMMAND_DEADLINE_MS = 5000;
/**
 * Finished entries are acknowledged together, at most this late: each acknowledgement wakes Redis and is written to its
 * disk.
 */
const ACKNOWLEDGE_AFTER_MS = 50;
const HANDLER_BACKOFF = { baseMs: 100, capMs: 10_000 };

/** Rejects when Redis takes too long; the connection must not be used any more then. */
export async function inTime<T>(reply: Promise<T>): Promise<T> {
  return await withDeadline(reply, COMMAND_DEADLINE_MS, 'Redis');
}

/** Works on entries of one stream, batch by batch, over one connection. */
export class StreamBatches {
  readonly #options: StreamBatchOptions;
  readonly #commands: RedisClient;
  readonly #stream: string;
  /** Handled but not acknowledged yet. */
  #finished = new Map<string, string[]>();
  #sending: NodeJS.Timeout | undefined;
  /** The last acknowledgement that was sent. */
  #acknowledged: Promise<void> = Promise.resolve();

  constructor(options: StreamBatchOptions, commands: RedisClient) {
    this.#options = options;
    this.#commands = commands;
    this.#stream = streamLabel(options.keys[0] ?? '');
  }

  /**
   * Returns when every entry is handled, or when stopping during an outage. Acknowledgements follow a little later:
   * they wait for Redis' disk, which is no reason not to read on. Rejects for errors of Redis, also of earlier
   * acknowledgements: such entries are delivered again.
   */
  async work(result: ReadResult): Promise<void> {
    await this.#acknowledge(result.deleted);
    const { entries } = result;
    for (let at = 0; at < entries.length; at += this.#options.maxBatch) {
      const batch = entries.slice(at, at + this.#options.maxBatch);
      const acked = await this.#handle(batch);
      if (acked === null) return;
      await this.#acknowledge(acked);
      this.#count(acked);
    }
  }

  /** Acknowledges at once what was handled; resolves when that is done, rejects when it failed. */
  async settled(): Promise<void> {
    if (this.#sending !== undefined) this.#send();
    await this.#acknowledged;
  }

  /** Continues after the previous acknowledgement has been answered. */
  async #acknowledge(acked: AckedIds): Promise<void> {
    await this.#acknowledged;
    if (acked.size === 0) return;
    for (const [key, ids] of acked) {
      const known = this.#finished.get(key);
      if (known === undefined) this.#finished.set(key, [...ids]);
      else known.push(...ids);
    }
    this.#sending ??= setTimeout(() => {
      this.#send();
    }, ACKNOWLEDGE_AFTER_MS);
  }

  #send(): void {
    clearTimeout(this.#sending);
    this.#sending = undefined;
    const [before, finished] = [this.#acknowledged, this.#finished];
    this.#finished = new Map();
    this.#acknowledged = (async () => {
      await before;
      await inTime(ackAndDelete(this.#commands, this.#options.group, finished));
    })();
    this.#acknowledged.catch(() => {
      // The error is reported to the next caller.
    });
  }

  #count(finished: AckedIds): void {
    let entries = 0;
    for (const ids of finished.values()) entries += ids.length;
    this.#options.metrics.queueCompleted.inc({ stream: this.#stream }, entries);
  }

  async #handle(batch: readonly StreamEntry[]): Promise<AckedIds | null> {
    const { metrics, reclaimIdleMs } = this.#options;
    const labels = { stream: this.#stream };
    const heartbeat = setInterval(() => {
      keepClaims(this.#commands, this.#options, idsByKey(batch)).catch(() => {
        // Redis is away. If another process takes the batch over, that is harmless: effects are idempotent.
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

  /**
   * Calls the handler until it succeeds. Null when stopping during an outage: the batch stays pending for another
   * process.
   */
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
