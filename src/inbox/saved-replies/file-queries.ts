/** Statements on which files a saved reply has. A file in no reply may be used for a day. */
import type { SavedReplyFileId, SavedReplyId, TenantId } from '../../contract/ids.ts';
import type { Statement, Tx } from '../../platform/postgres.ts';

interface Reply {
  readonly tenantId: TenantId;
  readonly id: SavedReplyId;
}

/** How many of the wanted files the reply may have, and how many files the other replies have. */
export interface FileCounts {
  readonly usable: number;
  readonly elsewhere: number;
}

/** Indexes: saved_reply_files primary key, saved_reply_files_by_reply. Lock: none. */
export async function countFiles(
  tx: Tx,
  { tenantId, id }: Reply,
  wanted: readonly SavedReplyFileId[],
): Promise<FileCounts> {
  const [row] = await tx<FileCounts[]>`
    select (select count(*)::int from saved_reply_files
        where tenant_id = ${tenantId} and id = any (${wanted}::uuid[]) and storage_key is not null
          and (saved_reply_id = ${id} or saved_reply_id is null and unused_at > now() - interval '24 hours')) as usable,
      (select count(*)::int from saved_reply_files
        where tenant_id = ${tenantId} and saved_reply_id is not null and saved_reply_id <> ${id}) as elsewhere`;
  return row ?? { usable: 0, elsewhere: 0 };
}

/**
 * From now on these are the files of the reply, in this order; others are in no reply. Indexes: saved_reply_files primary
 * key, saved_reply_files_by_reply. Lock: the rows.
 */
export function setFiles(tx: Tx, { tenantId, id }: Reply, files: readonly SavedReplyFileId[]): Statement {
  return tx`
    update saved_reply_files f set saved_reply_id = case when k.place is not null then ${id}::uuid end,
      place = coalesce(k.place, 0), unused_at = now()
    from (select s.id, w.place from saved_reply_files s
      left join unnest(${files}::uuid[]) with ordinality w (id, place) on w.id = s.id
      where s.tenant_id = ${tenantId} and (s.saved_reply_id = ${id} or s.id = any (${files}::uuid[]))) k
    where f.tenant_id = ${tenantId} and f.id = k.id`;
}
