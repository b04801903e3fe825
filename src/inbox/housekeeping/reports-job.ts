/** Counts logged events into the reports, and rebuilds figures where the log is not enough. */
import type { TenantId } from '../../contract/ids.ts';
import type { Logger } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { classifyDatabaseError, databaseErrorCode, type Database } from '../../platform/postgres.ts';
import { countNext, selectBehind } from '../reports/count.ts';
import { beginAttempt, makeAttempt } from '../reports/rebuild.ts';
import type { Job } from './jobs.ts';

const EVERY_MS = 10_000;
/** Batches per round; the rest is counted in the next round. */
const BATCHES = 100;

interface ReportsJobDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'reportBacklog'>;
}

/**
 * Counts many tenants at once. A tenant that makes this fail must not stop the others: it is counted by itself until
 * that succeeds.
 */
export function reportsJob({ db, log, metrics }: ReportsJobDeps): Job {
  const spoiled = new Set<TenantId>();
  const countAlone = async (tenantId: TenantId): Promise<void> => {
    try {
      metrics.reportBacklog.set((await countNext(db, { only: [tenantId] })).backlog);
      spoiled.delete(tenantId);
    } catch (error) {
      if (isOfAll(error)) throw error;
      spoiled.add(tenantId);
      log.warn({ err: error, tenantId }, 'The reports of a tenant could not be counted.');
    }
  };
  const countMany = async (): Promise<boolean> => {
    try {
      const { more, backlog } = await countNext(db, { except: [...spoiled] });
      metrics.reportBacklog.set(backlog);
      return more;
    } catch (error) {
      if (isOfAll(error)) throw error;
      for (const tenantId of await db.run('reports.behind', selectBehind)) await countAlone(tenantId);
      return false;
    }
  };
  return {
    name: 'reports',
    everyMs: EVERY_MS,
    run: async () => {
      const alone = [...spoiled];
      for (let batch = 0; batch < BATCHES; batch += 1) {
        if (!(await countMany())) break;
      }
      // After the others, since each may take as long as its deadline.
      for (const tenantId of alone) await countAlone(tenantId);
      // Nothing worth reporting: while anybody writes, every round finds something.
      return 0;
    },
  };
}

/** Timeouts, locks held by others, out of memory: one tenant's data may be the reason. */
const MAY_BE_OF_ONE = /^(57014|55P03|53200|DEADLINE)$/;

/** True if the error cannot be due to one tenant's data. */
function isOfAll(error: unknown): boolean {
  return classifyDatabaseError(error) === 'infrastructure' && !MAY_BE_OF_ONE.test(databaseErrorCode(error));
}

/** Runs beside the counting, so as not to hold it up; one tenant at a time across all processes. */
export function reportRebuildsJob({ db, log }: Pick<ReportsJobDeps, 'db' | 'log'>): Job {
  return {
    name: 'report-rebuilds',
    everyMs: EVERY_MS,
    full: 1,
    run: async () => {
      const attempt = await beginAttempt(db);
      if (attempt === null) return 0;
      try {
        return (await makeAttempt(db, attempt)) ? 1 : 0;
      } catch (error) {
        log.error(
          { err: error, tenantId: attempt.tenantId, attempt: attempt.attempt },
          'The figures of a tenant could not be made anew, and will be tried again; `hunfly report rebuild` does it at once.',
        );
        return 1;
      }
    },
  };
}
