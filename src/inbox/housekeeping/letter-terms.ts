/** Deletes dead letters whose term has ended, and counts those that nobody has looked at shortly before. */
import type { Logger } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { Database } from '../../platform/postgres.ts';
import { countEnding, endLetters, type EndedLetters } from '../dead-letters/term.ts';
import { isOnlyOne, type Job } from './jobs.ts';

interface Deps {
  readonly db: Database;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'deadLettersEnding' | 'deadLettersEnded'>;
}

const NAME = 'letter-terms';
const LIMIT = 500;
/** How long before it goes an open letter is counted as ending, in days: time to see the alert and to act. */
const AHEAD_DAYS = 7;

/** Deletes a bounded number per round, each round in one transaction. */
export function letterTermsJob(deps: Deps): Job {
  for (const state of ['open', 'retried', 'dropped']) deps.metrics.deadLettersEnded.inc({ state }, 0);
  return {
    name: NAME,
    everyMs: 600_000,
    full: LIMIT,
    run: async () => {
      const ended = await deps.db.transaction('letters.end', async (tx) =>
        (await isOnlyOne(tx, NAME)) ? await endLetters(tx, LIMIT) : [],
      );
      for (const letters of ended) tell(deps, letters);
      return ended.reduce((sum, { count }) => sum + count, 0);
    },
  };
}

function tell({ log, metrics }: Deps, { tenantId, state, count }: EndedLetters): void {
  metrics.deadLettersEnded.inc({ state }, count);
  const fields = { component: NAME, tenantId, count };
  if (state === 'open') log.warn(fields, 'Open dead letters are gone: their term has ended.');
  else log.info(fields, 'Closed dead letters are gone: their term has ended.');
}

/** Any process that serves /metrics may run it: it only reads. */
export function endingLettersJob({ db, metrics }: Pick<Deps, 'db' | 'metrics'>): Job {
  return {
    name: 'ending-letters',
    everyMs: 60_000,
    run: async () => {
      metrics.deadLettersEnding.set(await db.run('letters.ending', (sql) => countEnding(sql, AHEAD_DAYS)));
      return 0;
    },
  };
}
