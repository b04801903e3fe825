/** Runs recurring jobs, each at its own pace, and keeps their failures apart. */
import { setMaxListeners } from 'node:events';
import { pause } from '../../lib/backoff.ts';
import type { Logger } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { Tx } from '../../platform/postgres.ts';

/**
 * One recurring job. `run` does one bounded round and returns how much it did; if that is `full` or more, there is more
 * to do and it runs again at once. Must be safe to run in several processes at the same time.
 */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  /** A round that did this much was cut short. Left out for jobs that always finish in one round. */
  readonly full?: number;
  /** Tells more cheaply than a round whether there is anything to do. Left out for jobs that run rarely. */
  readonly isDue?: () => Promise<boolean>;
  run(): Promise<number>;
}

/** Where jobs tell of their failures, and what ends them. */
export interface RunOptions {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'housekeepingFailing'>;
  readonly signal: AbortSignal;
}

/** Delay after a failure: a quick job does not fill the log, a slow one does not miss its hour. */
const AGAIN_MS = { least: 5000, most: 60_000 };

/** Runs every job until `signal` fires; resolves when the rounds under way have ended. Never rejects. */
export async function runJobs(jobs: readonly Job[], options: RunOptions): Promise<void> {
  // Every job listens to the signal; Node would warn of a leak.
  setMaxListeners(jobs.length, options.signal);
  await Promise.all(jobs.map((job) => runJob(job, options)));
}

async function runJob(job: Job, { log, metrics, signal }: RunOptions): Promise<void> {
  const component = job.name;
  while (!signal.aborted) {
    let waitMs = job.everyMs;
    try {
      const isDue = job.isDue === undefined || (await job.isDue());
      const count = isDue ? await job.run() : 0;
      metrics.housekeepingFailing.set({ component }, 0);
      if (count > 0) log.info({ component, count }, 'Housekeeping did something.');
      waitMs = job.full !== undefined && count >= job.full ? 0 : untilNextMs(job.everyMs);
    } catch (error) {
      metrics.housekeepingFailing.set({ component }, 1);
      log.warn({ err: error, component }, 'A housekeeping job failed; it runs again.');
      waitMs = Math.min(Math.max(job.everyMs, AGAIN_MS.least), AGAIN_MS.most);
    }
    // Even a job with more to do yields to the event loop.
    await pause(Math.max(1, waitMs), signal);
  }
}

/**
 * Time until a full multiple of `everyMs`, at least half of it. That way, jobs of the same pace wake at the same moment
 * and share their query.
 */
function untilNextMs(everyMs: number): number {
  const nowMs = performance.now();
  return (Math.round(nowMs / everyMs) + 1) * everyMs - nowMs;
}

/**
 * True if no other process is in a round of this job; the lock lasts until the transaction ends. If false, skip the
 * round.
 */
export async function isOnlyOne(tx: Tx, job: string): Promise<boolean> {
  const [row] = await tx<{ free: boolean }[]>`
    select pg_try_advisory_xact_lock(hashtextextended(${`hunfly.housekeeping.${job}`}, 0)) as free`;
  return row?.free === true;
}
