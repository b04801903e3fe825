/** Statements on uploads that no message uses yet (bind-media.ts): created by a member, or abandoned. */
import type { MediaKind } from '../../contract/capabilities.ts';
import type { AccountId, MediaId, MemberId, TenantId } from '../../contract/ids.ts';
import type { Media } from '../../contract/message.ts';
import type { Sql, Tx } from '../../platform/postgres.ts';
import type { StoredFile } from './store-file.ts';

interface Owner {
  readonly tenantId: TenantId;
  readonly mediaId: MediaId;
}

interface NewUpload {
  readonly accountId: AccountId;
  readonly kind: MediaKind;
  readonly filename: string | null;
  readonly voice: boolean;
}

/** Inserted before its bytes are stored. It is never due, so no worker downloads it. */
export async function insertUpload(
  tx: Tx,
  row: Owner & { readonly memberId: MemberId; readonly upload: NewUpload; readonly mime: string },
): Promise<void> {
  const { tenantId, mediaId, memberId, upload, mime } = row;
  await tx`
    insert into media (tenant_id, id, account_id, uploaded_by, kind, mime, filename, voice, next_attempt_at)
    values (${tenantId}, ${mediaId}, ${upload.accountId}, ${memberId}, ${upload.kind}, ${mime}, ${upload.filename},
      ${upload.voice}, 'infinity')`;
}

/** Its bytes are stored. Index: media primary key. */
export async function markUploaded(tx: Tx, { tenantId, mediaId }: Owner, file: StoredFile): Promise<Media> {
  await tx`
    update media set state = 'ready', size_bytes = ${file.sizeBytes}, sha256 = ${file.sha256},
      storage_key = ${file.storageKey}, thumbnail_key = ${file.thumbnailKey}, width = ${file.width}, height = ${file.height},
      still = ${file.still}
    where tenant_id = ${tenantId} and id = ${mediaId}`;
  const [row] = await tx<{ media: Media }[]>`
    select e.entity as media from media_entities e where e.tenant_id = ${tenantId} and e.id = ${mediaId}`;
  if (row === undefined) throw new Error('An upload has gone while it was stored.');
  return row.media;
}

/** Uploads that nobody sent, an hour after they can no longer be sent. Index: media_unsent. No locks. */
export async function findUnsent(sql: Sql, limit: number): Promise<Owner[]> {
  return await sql<Owner[]>`
    select tenant_id as "tenantId", id as "mediaId" from media
    where thread_id is null and created_at < now() - interval '25 hours' order by created_at limit ${limit}`;
}

/** Index: media primary key. */
export async function deleteUnsent(sql: Sql, owners: readonly Owner[]): Promise<void> {
  const [tenants, ids] = [owners.map((owner) => owner.tenantId), owners.map((owner) => owner.mediaId)];
  await sql`
    delete from media f using unnest(${tenants}::uuid[], ${ids}::uuid[]) as k (tenant_id, id)
    where f.tenant_id = k.tenant_id and f.id = k.id and f.thread_id is null`;
}
