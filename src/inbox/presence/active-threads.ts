/** How many open conversations each member has, for the presence list. */
import type { MemberId, TenantId } from '../../contract/ids.ts';
import type { Database, Tx } from '../../platform/postgres.ts';

/** Index: threads_open_by_assignee. No locks. */
async function selectActive(tx: Tx, tenantId: TenantId): Promise<{ memberId: MemberId; count: number }[]> {
  return await tx<{ memberId: MemberId; count: number }[]>`
    select assignee_id as "memberId", count(*) as count from threads
    where tenant_id = ${tenantId} and status <> 'resolved' and assignee_id is not null group by assignee_id`;
}

/** Threads not resolved, by assignee; members without any are not in the map. Rejects as Database calls do. */
export async function activeThreads(database: Database, tenantId: TenantId): Promise<Map<MemberId, number>> {
  const rows = await database.asTenant(tenantId, 'presence.active_threads', (tx) => selectActive(tx, tenantId), {
    deadlineMs: 3000,
  });
  return new Map(rows.map((row) => [row.memberId, row.count]));
}
