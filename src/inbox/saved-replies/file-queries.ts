/** Statements on the files of saved replies. A file in no reply may be used for a day, and goes an hour after that. */
import type { MemberId, SavedReplyFileId, SavedReplyId, TenantId } from '../../contract/ids.ts';
import type { SavedReplyFile } from '../../contract/saved-replies.ts';
import type { Sql, Statement, Tx } from '../../platform/postgres.ts';
import type { StoredFile } from '../media/store-file.ts';

interface Owner {
  readonly tenantId: TenantId;
  readonly fileId: SavedReplyFileId;
}

interface Reply {
  readonly tenantId: TenantId;
  readonly id: SavedReplyId;
}

/** Inserted before its bytes are stored, so that every stored file has a row. */
export async function insertFile(
  tx: Tx,
  file: Owner & { readonly memberId: MemberId; readonly mime: string; readonly filename: string },
): Promise<void> {
  const { tenantId, fileId, memberId, mime, filename } = file;
  await tx`
    insert into saved_reply_files (tenant_id, id, uploaded_by, mime, filename)
    values (${tenantId}, ${fileId}, ${memberId}, ${mime}, ${filename})`;
}

/** Its bytes are stored. Index: saved_reply_files primary key. Lock: the row. */
export async function markStored(tx: Tx, { tenantId, fileId }: Owner, file: StoredFile): Promise<SavedReplyFile> {
  await tx`
    update saved_reply_files set storage_key = ${file.storageKey}, size_bytes = ${file.sizeBytes}, sha256 = ${file.sha256},
      still = ${file.still}, thumbnail_key = ${file.thumbnailKey}, width = ${file.width}, height = ${file.height}
    where tenant_id = ${tenantId} and id = ${fileId}`;
  const [row] = await tx<{ file: SavedReplyFile }[]>`
    select e.entity as file from saved_reply_file_entities e where e.tenant_id = ${tenantId} and e.id = ${fileId}`;
  if (row === undefined) throw new Error('A file of a saved reply has gone while it was stored.');
  return row.file;
}

/** A stored file with the name that customers see. */
export type FoundFile = StoredFile & { readonly filename: string };

/**
 * Null for one that is not stored, that nobody may use any more, or that a former member asks for. Indexes: primary keys
 * of saved_reply_files and tenant_members. Lock: none.
 */
export async function findFile(tx: Tx, { tenantId, fileId }: Owner, memberId: MemberId): Promise<FoundFile | null> {
  const [row] = await tx<FoundFile[]>`
    select f.storage_key as "storageKey", f.thumbnail_key as "thumbnailKey", f.size_bytes::float8 as "sizeBytes", f.sha256,
      f.mime, f.filename, f.still, f.width, f.height
    from saved_reply_files f
    join tenant_members m on m.tenant_id = f.tenant_id and m.id = ${memberId} and m.removed_at is null
    where f.tenant_id = ${tenantId} and f.id = ${fileId} and f.storage_key is not null
      and (f.saved_reply_id is not null or f.unused_at > now() - interval '24 hours')`;
  return row ?? null;
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
