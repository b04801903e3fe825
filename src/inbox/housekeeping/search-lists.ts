/** Puts what was just written into the indexes that searches read. */
import type { Database, Tx } from '../../platform/postgres.ts';
import { isOnlyOne, type Job } from './jobs.ts';

const NAME = 'search-lists';

/**
 * A GIN index takes what is new into a list first, which every search reads from end to end, and whoever fills it up to
 * 4 MB, some 18,000 messages, puts all of it in order (Postgres 18 manual, 65.4.4.1, 2026-11): 130 ms of a batch that
 * holds its conversations meanwhile. Autovacuum does the same only when a tenth of a table is new.
 * A second process would only wait for the page that the first one works at, so one does it.
 */
export function searchListsJob(db: Database): Job {
  return {
    name: NAME,
    everyMs: 3000,
    run: async () => {
      await db.transaction('housekeeping.search_lists', async (tx) => {
        if (await isOnlyOne(tx, NAME)) await emptyLists(tx);
      });
      // Nothing to tell of: while anybody writes, every round finds something.
      return 0;
    },
  };
}

/** Returns the pages that were emptied. By pg_class. Locks no row; writers add to the lists meanwhile. */
export async function emptyLists(tx: Tx): Promise<number> {
  const [row] = await tx<{ pages: number }[]>`
    select coalesce(sum(gin_clean_pending_list(c.oid)), 0)::int as pages from pg_class c
    join pg_am a on a.oid = c.relam and a.amname = 'gin'
    where c.relkind = 'i' and pg_table_is_visible(c.oid)`;
  return row?.pages ?? 0;
}
