/** Statements on files that are in no saved reply, and that nobody may use any more (queries.ts). */
import type { SavedReplyFileId, TenantId } from '../../contract/ids.ts';
import type { Sql } from '../../platform/postgres.ts';

interface Owner {
  readonly tenantId: TenantId;
  readonly fileId: SavedReplyFileId;
}

/** Files in no reply, an hour after nobody may use them any more. Index: saved_reply_files_unused. Lock: none. */
export async function findUnused(sql: Sql, limit: number): Promise<Owner[]> {
  return await sql<Owner[]>`
    select tenant_id as "tenantId", id as "fileId" from saved_reply_files
    where saved_reply_id is null and unused_at < now() - interval '25 hours' order by unused_at limit ${limit}`;
}

/** Index: saved_reply_files primary key. Lock: the rows. */
export async function deleteUnused(sql: Sql, owners: readonly Owner[]): Promise<void> {
  const [tenants, ids] = [owners.map((owner) => owner.tenantId), owners.map((owner) => owner.fileId)];
  await sql`
    delete from saved_reply_files f using unnest(${tenants}::uuid[], ${ids}::uuid[]) as k (tenant_id, id)
    where f.tenant_id = k.tenant_id and f.id = k.id and f.saved_reply_id is null`;
}
