/** Merges what was just written into the GIN indexes that searches read. */
import type { Database, Tx } from '../../platform/postgres.ts';
import { isOnlyOne, type Job } from './jobs.ts';

const NAME = 'search-lists';

/**
 * A GIN index first puts new entries into a pending list, which every search reads from end to end. The writer that
 * fills the list to 4 MB, some 18,000 messages, has to merge all of it into the index (Postgres 18 manual, 65.4.4.1,
 * 2026-11): that takes 130 ms of a batch that has its conversations locked meanwhile. Autovacuum merges the list only
 * when a tenth of a table is new. Only one process does this, since a second would only wait for the page that the
 * first works on.
 */
export function searchListsJob(db: Database): Job {
  return {
    name: NAME,
    everyMs: 3000,
    run: async () => {
      await db.transaction('housekeeping.search_lists', async (tx) => {
        if (await isOnlyOne(tx, NAME)) await emptyLists(tx);
      });
      // Nothing worth reporting: while anybody writes, every round finds something.
      return 0;
    },
  };
}

/**
 * Returns the number of pages emptied. Finds the indexes in pg_class. Locks no row; writers can add to the lists
 * meanwhile.
 */
export async function emptyLists(tx: Tx): Promise<number> {
  const [row] = await tx<{ pages: number }[]>`
    select coalesce(sum(gin_clean_pending_list(c.oid)), 0)::int as pages from pg_class c
    join pg_am a on a.oid = c.relam and a.amname = 'gin'
    where c.relkind = 'i' and pg_table_is_visible(c.oid)`;
  return row?.pages ?? 0;
}
