/** Finds out which of the frequent jobs have work, with one query for all of them, since mostly none has. */
import { batched } from '../../platform/batched.ts';
import type { Database, Sql } from '../../platform/postgres.ts';
import type { Job } from './jobs.ts';

/** New work comes with its own nudge; the sweeper waits this long, in ms, before it sends another. */
export const GRACE_MS = 2000;

/** Names of the jobs for which a query can tell whether they are due. */
const WATCHED = [
  'stuck-attempts',
  'due-threads',
  'due-receipts',
  'due-media',
  'snooze',
  'spill-drain',
  'account-checks',
  'reconcile',
] as const;
type Watched = (typeof WATCHED)[number];

/**
 * Returns the same jobs, but the watched ones run a round only when there is work for it. `leaseMs`: an attempt older
 * than this without an outcome is stuck. Jobs that ask at about the same time share the query.
 */
export function onlyWhenDue(jobs: readonly Job[], db: Database, leaseMs: number): Job[] {
  const isDue = batched<Watched, boolean>(
    async (names) => {
      const due = await db.run('housekeeping.due', (sql) => findDue(sql, leaseMs));
      return names.map((name) => due[name]);
    },
    (name) => name,
  );
  return jobs.map((job) => {
    const watched = WATCHED.find((name) => name === job.name);
    return watched === undefined ? job : { ...job, isDue: () => isDue(watched) };
  });
}

/**
 * Reads only the first entry of each index: messages_stuck, reaction_sends_stuck, messages_due, receipts_due,
 * media_due, threads_snoozed, webhook_spill primary key, account_upkeep_checks and account_upkeep_reconciles. Reads all
 * of reaction_sends_due, which has few entries. Locks nothing.
 */
async function findDue(sql: Sql, leaseMs: number): Promise<Record<Watched, boolean>> {
  const [row] = await sql<Record<Watched, boolean>[]>`
    select
      coalesce(least(
        (select min(attempt_started_at) from messages where send_state = 'sending'),
        (select min(attempt_started_at) from reaction_sends where send_state = 'sending')
      ) < now() - ${leaseMs} * interval '1 ms', false) as "stuck-attempts",
      coalesce(least(
        (select min(next_attempt_at) from messages where send_state = 'queued'),
        (select min(coalesce(next_attempt_at, created_at)) from reaction_sends where send_state = 'queued')
      ) <= now() - ${GRACE_MS} * interval '1 ms', false) as "due-threads",
      coalesce((select min(next_attempt_at) from receipts) <= now(), false) as "due-receipts",
      coalesce((select min(next_attempt_at) from media where state = 'pending')
        <= now() - ${GRACE_MS} * interval '1 ms', false) as "due-media",
      coalesce((select min(snoozed_until) from threads where status = 'snoozed') <= now(), false) as snooze,
      (select min(id) from webhook_spill) is not null as "spill-drain",
      coalesce((select min(next_check_at) from account_upkeep) <= now(), false) as "account-checks",
      coalesce((select min(next_reconcile_at) from account_upkeep) <= now(), false) as reconcile`;
  if (row === undefined) throw new Error('Postgres answered without a row.');
  return row;
}
