/** Samples figures that no event keeps current. */
import { tenantLabel, type Metrics } from '../../platform/metrics.ts';
import type { Database, Sql } from '../../platform/postgres.ts';
import type { Job } from './jobs.ts';

/**
 * Rows beyond this are not counted: counting would take longer every time, while Redis is away and Postgres is busier.
 */
const MOST_SPILLED = 10_000;

/** What waits in Postgres is reported as one more stream, so that alerts on backlogs cover it too. */
const SPILL = { stream: 'spill' };

/**
 * Samples dead letters, webhooks that wait in Postgres, numbers by state and unresolved threads, every 15 s. Any
 * process that serves /metrics may run it: it only reads.
 */
export function gaugesJob(deps: {
  readonly db: Database;
  readonly nowMs: () => number;
  readonly metrics: Pick<Metrics, 'deadLetters' | 'activeThreads' | 'accounts' | 'queueBacklog' | 'queueOldestAge'>;
}): Job {
  return {
    name: 'gauges',
    everyMs: 15_000,
    run: async () => {
      const letters = await deps.db.run('gauges.dead_letters', countLetters);
      const spilled = await deps.db.run('gauges.spilled', lookAtSpill);
      const threads = await deps.db.run('gauges.active_threads', countThreads);
      const accounts = await deps.db.run('gauges.accounts', countAccounts);
      deps.metrics.deadLetters.set(letters);
      deps.metrics.queueBacklog.set(SPILL, spilled.count);
      deps.metrics.queueOldestAge.set(SPILL, ageOf(spilled, deps.nowMs()) / 1000);
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

interface Spilled {
  readonly count: number;
  readonly oldestMs: number | null;
}

/** Clocks of two machines differ, so a row that has just arrived may seem to come from the future. */
function ageOf({ oldestMs }: Spilled, nowMs: number): number {
  return oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs);
}

/** Index: webhook_spill primary key, from the oldest on, MOST_SPILLED rows at most. No locks. */
async function lookAtSpill(sql: Sql): Promise<Spilled> {
  const [row] = await sql<Spilled[]>`
    select (select received_at_ms from webhook_spill order by id limit 1) as "oldestMs",
      (select count(*) from (select 1 from webhook_spill order by id limit ${MOST_SPILLED}) as waiting) as count`;
  return row ?? { count: 0, oldestMs: null };
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
