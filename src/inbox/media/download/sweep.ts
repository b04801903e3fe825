/**
 * Finds attachments that are due and not being downloaded: their nudge was lost, their worker died, or a retry is due.
 */
import type { MediaJob } from '../../../contract/jobs.ts';
import type { Sql } from '../../../platform/postgres.ts';

/** How far a search for due attachments has got. `at` is Postgres' text, because a Date would lose microseconds. */
export interface DueMediaCursor {
  readonly at: string;
  readonly mediaId: string;
}

/**
 * From `after` on, those that have been due for more than `graceMs`, at most `limit`. Index: media_due, then threads
 * primary key. No locks.
 */
export async function findDueMedia(
  sql: Sql,
  options: { readonly after: DueMediaCursor; readonly graceMs: number; readonly limit: number },
): Promise<(MediaJob & DueMediaCursor)[]> {
  const { after, graceMs, limit } = options;
  return await sql<(MediaJob & DueMediaCursor)[]>`
    select f.tenant_id as "tenantId", t.account_id as "accountId", f.id as "mediaId", f.next_attempt_at::text as at
    from media f join threads t on t.tenant_id = f.tenant_id and t.id = f.thread_id
    where f.state = 'pending' and (f.next_attempt_at, f.id) > (${after.at}::text::timestamptz, ${after.mediaId}::uuid)
      and f.next_attempt_at <= clock_timestamp() - ${graceMs} * interval '1 millisecond'
    order by f.next_attempt_at, f.id limit ${limit}`;
}
