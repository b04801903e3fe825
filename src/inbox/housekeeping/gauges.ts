/** Samples figures that no event keeps current. */
import { tenantLabel, type Metrics } from '../../platform/metrics.ts';
import type { Database, Sql } from '../../platform/postgres.ts';
import type { Job } from './jobs.ts';

/** Dead letters, numbers by state and threads at work, every 15 s. Any process that serves /metrics may run it: it only reads. */
export function gaugesJob(deps: {
  readonly db: Database;
  readonly metrics: Pick<Metrics, 'deadLetters' | 'activeThreads' | 'accounts'>;
}): Job {
  return {
    name: 'gauges',
    everyMs: 15_000,
    run: async () => {
      const letters = await deps.db.run('gauges.dead_letters', countLetters);
      const threads = await deps.db.run('gauges.active_threads', countThreads);
      const accounts = await deps.db.run('gauges.accounts', countAccounts);
      deps.metrics.deadLetters.set(letters);
      deps.metrics.accounts.reset();
      for (const { provider, state, count } of accounts) deps.metrics.accounts.set({ provider, state }, count);
      const sums = new Map<string, number>();
      for (const { tenantId, count } of threads) {
        const label = tenantLabel(tenantId);
        sums.set(label, (sums.get(label) ?? 0) + count);
      }
      deps.metrics.activeThreads.reset();
      for (const [tenant, count] of sums) deps.metrics.activeThreads.set({ tenant }, count);
      return 0;
    },
  };
}

/** Index: dead_letters_open. */
async function countLetters(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`select count(*) as count from dead_letters where state = 'open'`;
  return row?.count ?? 0;
}

/** Index: threads_open_by_assignee, read whole. */
async function countThreads(sql: Sql): Promise<{ tenantId: string; count: number }[]> {
  return await sql<{ tenantId: string; count: number }[]>`
    select tenant_id as "tenantId", count(*) as count from threads where status <> 'resolved' group by tenant_id`;
}

/** Reads whatsapp_accounts whole: thousands of rows at most. */
async function countAccounts(sql: Sql): Promise<{ provider: string; state: string; count: number }[]> {
  return await sql<{ provider: string; state: string; count: number }[]>`
    select provider, state, count(*) as count from whatsapp_accounts where disabled_at is null group by provider, state`;
}
