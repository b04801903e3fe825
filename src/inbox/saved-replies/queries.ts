/** Statements that change saved replies, and what they are decided by. */
import type { MemberId, SavedReplyId, TenantId } from '../../contract/ids.ts';
import type { SavedReply } from '../../contract/saved-replies.ts';
import type { Statement, Tx } from '../../platform/postgres.ts';

/**
 * The one with this id and the one with this shortcut, which may be the same. Indexes: saved_replies primary key,
 * saved_replies_shortcut_key. Lock: none.
 */
export async function findSavedReplies(
  tx: Tx,
  tenantId: TenantId,
  { id, shortcut }: { readonly id: SavedReplyId | null; readonly shortcut: string | null },
): Promise<SavedReply[]> {
  const rows = await tx<{ savedReply: SavedReply }[]>`
    select e.entity as "savedReply" from saved_replies r
    join saved_reply_entities e on e.tenant_id = r.tenant_id and e.id = r.id
    where r.tenant_id = ${tenantId} and (r.id = ${id} or r.shortcut = ${shortcut})`;
  return rows.map(({ savedReply }) => savedReply);
}

/** How many saved replies there are, and how much their texts take up as JSON. */
export interface SavedRepliesSize {
  readonly count: number;
  readonly bytes: number;
}

/** Without the one with this id. Index: saved_replies primary key. Lock: none. */
export async function sizeOfSavedReplies(tx: Tx, tenantId: TenantId, without: SavedReplyId): Promise<SavedRepliesSize> {
  const [row] = await tx<SavedRepliesSize[]>`
    select count(*)::int as count, coalesce(sum(octet_length(to_json(text)::text)), 0)::int as bytes
    from saved_replies where tenant_id = ${tenantId} and id <> ${without}`;
  return row ?? { count: 0, bytes: 0 };
}

/**
 * From here to the end of the transaction nobody else changes saved replies of the business, so that what is read stays
 * true until it is acted upon. Lock: a transaction advisory lock on the business.
 */
export async function lockSavedReplies(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx`select pg_advisory_xact_lock(hashtextextended(${`saved_replies/${tenantId}`}, 0))`;
}

/** The text that is saved under a shortcut; `id` of a new one is chosen by us. */
export interface SavedReplyRow {
  readonly tenantId: TenantId;
  readonly id: SavedReplyId;
  readonly shortcut: string;
  readonly text: string;
  readonly updatedBy: MemberId;
}

/** Index: saved_replies_shortcut_key decides that the shortcut is free. Lock: only the new row. */
export function insertSavedReply(tx: Tx, { tenantId, id, shortcut, text, updatedBy }: SavedReplyRow): Statement {
  return tx`
    insert into saved_replies (tenant_id, id, shortcut, text, updated_by)
    values (${tenantId}, ${id}, ${shortcut}, ${text}, ${updatedBy})`;
}

/** Indexes: saved_replies primary key and, as above, saved_replies_shortcut_key. Lock: the row. */
export function writeSavedReply(tx: Tx, { tenantId, id, shortcut, text, updatedBy }: SavedReplyRow): Statement {
  return tx`
    update saved_replies set shortcut = ${shortcut}, text = ${text}, updated_by = ${updatedBy}, updated_at = now(),
      version = version + 1
    where tenant_id = ${tenantId} and id = ${id}`;
}

/** Index: saved_replies primary key. Lock: the row. */
export function deleteSavedReply(tx: Tx, { tenantId, id }: Pick<SavedReplyRow, 'tenantId' | 'id'>): Statement {
  return tx`delete from saved_replies where tenant_id = ${tenantId} and id = ${id}`;
}
