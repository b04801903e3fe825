/** The one clock of an installation: that of Postgres, asked for every few seconds and counted on in between. */
import { uptime } from 'node:os';
import { pause } from '../lib/backoff.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import type { Part } from './lifecycle.ts';
import type { Logger } from './log.ts';
import type { Database } from './postgres.ts';

const EVERY_MS = 5000;
const DEADLINE_MS = 3000;
/** Machines that are kept in time differ by less. */
const WORTH_TELLING_MS = 1000;

/**
 * Processes on machines whose clocks differ agree about the time, also where the clock of one is put forward or back
 * while it runs. Until Postgres has answered for the first time it is the machine's own.
 */
export class SharedClock implements Clock {
  /** How long the machine has slept since, in whole seconds, because the uptime is not exact. */
  #asleepMs = 0;
  /** The machine's own time, less steadyMs(), when it was last looked at. */
  #ownMs = systemClock.nowMs() - performance.now();
  /** What has to be added to steadyMs(). */
  #sinceMs = this.#ownMs;
  readonly #bornAsleepMs = asleepMs();

  nowMs(): number {
    return Math.floor(this.steadyMs() + this.#sinceMs);
  }

  now(): Date {
    return new Date(this.nowMs());
  }

  /** Counts on whatever the machine's clock is set to, also while the machine sleeps. */
  steadyMs(): number {
    const ownMs = systemClock.nowMs() - performance.now();
    if (Math.abs(ownMs - this.#ownMs) >= WORTH_TELLING_MS) {
      // Its clock was set, or it slept and performance.now() stood still.
      this.#ownMs = ownMs;
      this.#asleepMs = 1000 * Math.round((asleepMs() - this.#bornAsleepMs) / 1000);
    }
    return performance.now() + this.#asleepMs;
  }

  /**
   * `thereMs`: the other clock, read after `askedMs` and before now, both of steadyMs(). Moves no further than this
   * proves, so that it neither jitters nor follows an answer that came late. Returns by how much it has moved.
   */
  adopt(thereMs: number, askedMs: number): number {
    const sinceMs = Math.max(thereMs - this.steadyMs(), Math.min(this.#sinceMs, thereMs - askedMs));
    const movedMs = sinceMs - this.#sinceMs;
    this.#sinceMs = sinceMs;
    return movedMs;
  }
}

/** How much longer this machine has been up than performance.now() has counted: it stands still in its sleep. */
function asleepMs(): number {
  return uptime() * 1000 - performance.now();
}

/** Asks once; returns by how much the clock has moved. Rejects as Database calls do. No table, no lock. */
async function setByPostgres(clock: SharedClock, db: Database): Promise<number> {
  const askedMs = clock.steadyMs();
  const [row] = await db.run(
    'clock.read',
    (sql) => sql<{ ms: number }[]>`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
    { deadlineMs: DEADLINE_MS, beside: true },
  );
  if (row === undefined) throw new Error('Postgres did not say what time it is.');
  return clock.adopt(row.ms, askedMs);
}

/** The time of Postgres for a command that ends soon. Rejects as Database calls do. */
export async function postgresClock(db: Database): Promise<Clock> {
  const clock = new SharedClock();
  await setByPostgres(clock, db);
  return clock;
}

/** Keeps the clock at the time of Postgres while the process runs. Starts without it where Postgres is away. */
export function clockPart({ clock, log }: { readonly clock: SharedClock; readonly log: Logger }, db: Database): Part {
  const stopping = new AbortController();
  const { signal } = stopping;
  const follow = async (): Promise<void> => {
    try {
      const movedMs = await setByPostgres(clock, db);
      if (Math.abs(movedMs) < WORTH_TELLING_MS) return;
      log.warn({ elapsedMs: Math.round(movedMs) }, 'The clock of Postgres differs; its time counts from now on.');
    } catch (error) {
      log.debug({ err: error }, 'Postgres could not be asked for the time.');
    }
  };
  return {
    name: 'clock',
    start: async () => {
      await follow();
      void (async () => {
        for (;;) {
          await pause(EVERY_MS, signal);
          if (stopping.signal.aborted) return;
          await follow();
        }
      })();
    },
    stop: () => {
      stopping.abort();
    },
  };
}
