/** Counts what the logs say into the reports. */
import type { Logger } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { Database } from '../../platform/postgres.ts';
import type { TenantId } from '../../contract/ids.ts';
import { countNext, selectBehind } from '../reports/count.ts';
import type { Job } from './jobs.ts';

const EVERY_MS = 10_000;
/** Of one tenant in one round, so that a busy one does not keep the others waiting. */
const BATCHES = 10;

/** Asks once for all tenants whether there is anything, and then counts tenant by tenant. */
export function reportsJob(deps: {
  readonly db: Database;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'reportBacklog'>;
}): Job {
  const { db, log, metrics } = deps;
  return {
    name: 'reports',
    everyMs: EVERY_MS,
    run: async () => {
      for (const { tenantId } of await db.run('reports.behind', selectBehind)) {
        // What one tenant has wrong is no reason to leave out the others.
        await countTenant(db, tenantId).catch((error: unknown) => {
          log.warn({ err: error, tenantId }, 'The reports of a tenant could not be counted.');
        });
      }
      const left = await db.run('reports.behind', selectBehind);
      metrics.reportBacklog.set(left.reduce((sum, { events }) => sum + events, 0));
      // Nothing to tell of: while anybody writes, every round finds something.
      return 0;
    },
  };
}

async function countTenant(db: Database, tenantId: TenantId): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch += 1) {
    if (!(await countNext(db, tenantId))) return;
  }
}
