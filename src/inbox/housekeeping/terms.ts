/** Starts erasing conversations that are over in businesses with a retention term; erasures.ts does the rest. */
import type { Database, Sql } from '../../platform/postgres.ts';
import type { Job } from './jobs.ts';

const EVERY_MS = 600_000;

/** Checks all businesses in one query: it looks at the oldest conversation of each, which mostly is not old enough. */
export function termsJob({ db }: { readonly db: Database }): Job {
  return { name: 'terms', everyMs: EVERY_MS, run: () => db.run('terms.begin', beginTerms) };
}

/**
 * Returns for how many businesses it started: those whose oldest conversation is older than their term, ten
 * seconds late, because the index names slots of that length. Indexes:
 * tenants_keeping; threads_by_activity, its last entry for each business; primary keys of tenant_erasures and erasures.
 * Locks the erasure's row. An erasure in progress is left alone, and not waited for.
 */
export async function beginTerms(sql: Sql): Promise<number> {
  const { count } = await sql`
    insert into erasures as e (tenant_id, contact_id, by_term, stage, contact_ids, thread_ids, addresses, needles)
      select t.id, t.id, true, 'over', '{}', '{}', '{}', '{}' from tenants t
      where t.keep_days is not null and t.keep_from <= now()
        and (select min(h.activity_slot) from threads h where h.tenant_id = t.id and h.activity_slot > '-infinity')
          < now() - t.keep_days * interval '24 hours' - interval '10 seconds'
        and not exists (select from tenant_erasures x where x.tenant_id = t.id)
        and not exists (select from erasures r where r.tenant_id = t.id and r.contact_id = t.id and r.finished_at is null)
      order by t.id
    on conflict (tenant_id, contact_id) do update
      set finished_at = null, requested_at = now(), stage = 'over', place = '', walked = '', thread_ids = '{}', other_thread_ids = '{}',
        contact_ids = '{}'
      where e.finished_at is not null`;
  return count;
}
