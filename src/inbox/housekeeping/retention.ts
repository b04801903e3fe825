/** Deletes expired rows, a bounded number per round. */
import type { Database, Tx } from '../../platform/postgres.ts';
import { dropPartitions, ensurePartitions } from './partitions.ts';
import { isOnlyOne, type Job } from './jobs.ts';

const HOUR_MS = 3_600_000;
const LIMIT = 5000;

/**
 * Partitions, command results, parked items and large bodies; the comment on each statement says how long they are
 * kept.
 */
export function retentionJobs(deps: { readonly db: Database; readonly now: () => Date }): Job[] {
  const { db } = deps;
  const deleting = (name: string, work: (tx: Tx) => Promise<number>): Job => ({
    name,
    everyMs: HOUR_MS / 4,
    full: LIMIT,
    run: () => db.transaction(`retention.${name}`, async (tx) => ((await isOnlyOne(tx, name)) ? work(tx) : 0)),
  });
  return [
    {
      name: 'partitions',
      everyMs: HOUR_MS,
      run: async () => {
        const { created, moved } = await ensurePartitions(db, deps.now());
        const { dropped, deleted } = await dropPartitions(db, deps.now());
        return created.length + dropped.length + moved + deleted;
      },
    },
    deleting('commands', deleteCommands),
    deleting('parked', deleteParked),
    deleting('bodies', deleteBodies),
  ];
}

/** Command results: 72 h, longer than a client keeps an outbox. Index: commands_by_age. */
async function deleteCommands(tx: Tx): Promise<number> {
  const { count } = await tx`
    delete from commands where ctid in (
      select ctid from commands where created_at < now() - interval '72 hours' order by created_at limit ${LIMIT})`;
  return count;
}

/** Items that wait for a message that never came: 30 days. Index: parked_by_age. */
async function deleteParked(tx: Tx): Promise<number> {
  const { count } = await tx`
    delete from parked where ctid in (
      select ctid from parked where created_at < now() - interval '30 days' order by created_at limit ${LIMIT})`;
  return count;
}

/** Bodies whose stream entry is long gone: 8 days. Scans the table, which is almost empty. */
async function deleteBodies(tx: Tx): Promise<number> {
  const { count } = await tx`
    delete from webhook_bodies where key in (
      select key from webhook_bodies where created_at < now() - interval '8 days' limit ${LIMIT})`;
  return count;
}
