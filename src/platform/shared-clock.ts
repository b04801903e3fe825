/** The one clock of an installation: that of Postgres, asked for every few seconds and counted on in between. */
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
  /** What has to be added to performance.now(). */
  #sinceMs = systemClock.nowMs() - performance.now();

  nowMs(): number {
    return Math.floor(performance.now() + this.#sinceMs);
  }

  now(): Date {
    return new Date(this.nowMs());
  }

  /**
   * `thereMs`: the other clock, read after `askedMs` and before now, both of performance.now(). Keeps its own time where
   * it may be the same, so that it does not jitter. Returns by how much it has moved.
   */
  adopt(thereMs: number, askedMs: number): number {
    const halfMs = (performance.now() - askedMs) / 2;
    const sinceMs = thereMs - askedMs - halfMs;
    const movedMs = sinceMs - this.#sinceMs;
    // A millisecond more, because the machine's own clock was read in whole ones.
    if (Math.abs(movedMs) <= halfMs + 1) return 0;
    this.#sinceMs = sinceMs;
    return movedMs;
  }
}

/** No table, no lock. */
async function readClock(db: Database): Promise<number> {
  const [row] = await db.run(
    'clock.read',
    (sql) => sql<{ ms: number }[]>`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
    { deadlineMs: DEADLINE_MS, beside: true },
  );
  if (row === undefined) throw new Error('Postgres did not say what time it is.');
  return row.ms;
}

/** Keeps the clock at the time of Postgres while the process runs. Starts without it where Postgres is away. */
export function clockPart({ clock, log }: { readonly clock: SharedClock; readonly log: Logger }, db: Database): Part {
  const stopping = new AbortController();
  const { signal } = stopping;
  const follow = async (): Promise<void> => {
    try {
      const askedMs = performance.now();
      const movedMs = clock.adopt(await readClock(db), askedMs);
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
