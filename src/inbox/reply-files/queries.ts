/** Statements on a file of a saved reply: added, stored, found by whoever may use it. */
import type { MemberId, SavedReplyFileId, TenantId } from '../../contract/ids.ts';
import type { SavedReplyFile } from '../../contract/saved-replies.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { StoredFile } from '../media/store-file.ts';

interface Owner {
  readonly tenantId: TenantId;
  readonly fileId: SavedReplyFileId;
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
