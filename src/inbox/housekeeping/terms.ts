/** Has businesses with a term looked through for conversations that are over; the rest is done as erasures are. */
import type { Database, Sql } from '../../platform/postgres.ts';
import type { Job } from './jobs.ts';

const EVERY_MS = 600_000;

/** All businesses at once: each is asked for the oldest of its conversations, and mostly that is not old enough. */
export function termsJob({ db }: { readonly db: Database }): Job {
  return { name: 'terms', everyMs: EVERY_MS, run: () => db.run('terms.begin', beginTerms) };
}

/**
 * Returns of how many the oldest conversation is older than their term. Indexes: tenants_keeping; of each threads_by_activity,
 * its last entry; primary keys of tenant_erasures and erasures. Lock: the row of the erasure; one that is under way is left to go on, and
 * not waited for.
 */
export async function beginTerms(sql: Sql): Promise<number> {
  const { count } = await sql`
    insert into erasures as e (tenant_id, contact_id, by_term, stage, contact_ids, thread_ids, addresses, needles)
      select t.id, t.id, true, 'over', '{}', '{}', '{}', '{}' from tenants t
      where t.keep_days is not null and t.keep_from <= now()
        and (select min(h.last_activity_at) from threads h where h.tenant_id = t.id and h.erased_at is null)
          < now() - t.keep_days * interval '24 hours'
        and not exists (select from tenant_erasures x where x.tenant_id = t.id)
        and not exists (select from erasures r where r.tenant_id = t.id and r.contact_id = t.id and r.finished_at is null)
      order by t.id
    on conflict (tenant_id, contact_id) do update
      set finished_at = null, requested_at = now(), stage = 'over', place = '', walked = '', thread_ids = '{}', other_thread_ids = '{}',
        contact_ids = '{}'
      where e.finished_at is not null`;
  return count;
}
