/** The frame of every worker process: metrics, database, an orderly stop. */
import { databasePart, type Foundation, type ProcessFoundation } from './deps.ts';
import { startAll, stopOnSignals, type Part } from './platform/lifecycle.ts';
import { createMetricsServer } from './platform/metrics-server.ts';
import type { Database } from './platform/postgres.ts';
import { clockPart } from './platform/shared-clock.ts';
import type { StreamHandler } from './platform/stream-batches.ts';
import { runStreamWorker, uniqueConsumer } from './platform/stream-worker.ts';
import { streamKeys } from './platform/stream.ts';

/** Runs until the signal fires and the work in progress is finished. */
export type WorkLoop = (signal: AbortSignal) => Promise<void>;

/** `parts` start after the database and stop before it; the loop starts last and stops first. */
export interface WorkerProcess {
  readonly db: Database;
  readonly parts: readonly Part[];
  readonly loop: WorkLoop;
  /** Logged once everything runs. */
  readonly says: string;
}

/** Starts everything, tells the supervisor where the metrics are, and stops in reverse on a signal. */
export async function runWorkerProcess(
  base: ProcessFoundation,
  { db, parts, loop, says }: WorkerProcess,
): Promise<void> {
  const { config, log } = base;
  const { metricsPort: port, listenHost: host, metricsToken: token } = config;
  const served = createMetricsServer({ port, host, token });
  const stopping = new AbortController();
  let working: Promise<void> = Promise.resolve();
  const work: Part = {
    name: 'worker',
    start: () => {
      working = loop(stopping.signal);
    },
    stop: () => {
      stopping.abort();
      return working;
    },
  };
  const running = await startAll([served, databasePart(base, db), clockPart(base, db), ...parts, work], { log });
  stopOnSignals(running, log);
  process.send?.({ type: 'ready', port: served.port() });
  log.info({}, says);
}

/** A part that exists from the beginning and only has to be closed. */
export function closedAtLast(name: string, stop: () => Promise<void>): Part {
  return { name, start: () => undefined, stop };
}

/** The stream, and how much to read of it at once; see StreamWorkerOptions. */
export interface StreamWork {
  readonly stream: string;
  readonly group: string;
  readonly countPerShard: number;
  readonly maxBatch: number;
  readonly reclaimIdleMs: number;
  readonly handler: StreamHandler;
}

const BLOCK_MS = 2000;

/** Reads all shards of a stream as one more consumer of its group. */
export function readStream({ config, log, metrics }: Foundation, { stream, ...work }: StreamWork): WorkLoop {
  const keys = streamKeys(stream, config.shards);
  const consumer = uniqueConsumer(config.nodeName);
  const common = { redisUrl: config.redisUrl, keys, consumer, blockMs: BLOCK_MS, log, metrics };
  return (signal) => runStreamWorker({ ...common, ...work, signal });
}
