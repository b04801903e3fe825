/** Finds a stored attachment for a member who may see its message. */
import type { AgentVisibility, Role } from '../../contract/entities.ts';
import type { MediaId } from '../../contract/ids.ts';
import type { Database, Tx } from '../../platform/postgres.ts';
import type { Caller } from '../command.ts';
import type { LinkTarget, MediaLinks } from './public-link.ts';
import { abilityFor, canSeeThread } from '../team/ability.ts';

/** An attachment that is ready. `sha256` in hex; null for files from before it was stored. */
export interface StoredAttachment {
  readonly mime: string;
  readonly filename: string | null;
  readonly storageKey: string;
  readonly thumbnailKey: string | null;
  readonly sha256: string | null;
}

/**
 * Null for an attachment that does not exist, is not ready, was revoked, or belongs to a thread that the caller may not
 * see. An upload that has not been sent yet belongs to its uploader.
 */
export type AttachmentFinder = (caller: Caller, mediaId: MediaId) => Promise<StoredAttachment | null>;

interface AttachmentRow extends StoredAttachment {
  readonly isOwnUpload: boolean;
  readonly assigneeId: string | null;
  readonly role: Role;
  readonly agentVisibility: AgentVisibility;
}

/**
 * The attachment, with what its visibility depends on at this moment. Indexes: primary keys of media, threads, tenants
 * and tenant_members; messages_by_media for its message. Locks nothing.
 */
async function findWithGrant(tx: Tx, caller: Caller, mediaId: MediaId): Promise<AttachmentRow | null> {
  const [row] = await tx<AttachmentRow[]>`
    select a.mime, a.filename, a.storage_key as "storageKey", a.thumbnail_key as "thumbnailKey", a.sha256,
      a.thread_id is null as "isOwnUpload", t.assignee_id as "assigneeId", m.role, n.agent_visibility as "agentVisibility"
    from media a
      join tenants n on n.id = a.tenant_id
      join tenant_members m on m.tenant_id = a.tenant_id and m.id = ${caller.memberId} and m.removed_at is null
      left join threads t on t.tenant_id = a.tenant_id and t.id = a.thread_id
    where a.tenant_id = ${caller.tenantId} and a.id = ${mediaId} and a.state = 'ready' and a.storage_key is not null
      and case when a.thread_id is null then a.uploaded_by = m.id
        else t.id is not null and exists (select 1 from messages s where s.tenant_id = a.tenant_id and s.media_id = a.id
          and s.thread_id = a.thread_id and s.revoked_at is null) end`;
  return row ?? null;
}

/** The bytes behind a signed link. Index: media primary key. Locks nothing. */
async function findReady(tx: Tx, { tenantId, mediaId }: LinkTarget): Promise<StoredAttachment | null> {
  const [row] = await tx<StoredAttachment[]>`
    select a.mime, a.filename, a.storage_key as "storageKey", a.thumbnail_key as "thumbnailKey", a.sha256 from media a
    where a.tenant_id = ${tenantId} and a.id = ${mediaId} and a.state = 'ready' and a.storage_key is not null`;
  return row ?? null;
}

/** Null for a link that is not ours, has expired, or whose attachment is gone. */
export type LinkedFinder = (token: string) => Promise<StoredAttachment | null>;

/** Whoever holds a link may see its attachment. Links are given to carriers only, for an hour. */
export function createLinkedFinder(db: Database, links: Pick<MediaLinks, 'read'>): LinkedFinder {
  return async (token) => {
    const target = links.read(token);
    if (target === null) return null;
    return db.asTenant(target.tenantId, 'media.linked', (tx) => findReady(tx, target), { readOnly: true });
  };
}

/** Looks attachments up under row-level security of the caller's tenant. */
export function createAttachmentFinder(db: Database): AttachmentFinder {
  return async (caller, mediaId) => {
    const row = await db.asTenant(caller.tenantId, 'media.find', (tx) => findWithGrant(tx, caller, mediaId), {
      readOnly: true,
    });
    if (row === null) return null;
    const { role, agentVisibility, assigneeId, isOwnUpload, ...attachment } = row;
    const ability = abilityFor({ memberId: caller.memberId, role, agentVisibility });
    return isOwnUpload || canSeeThread(ability, assigneeId) ? attachment : null;
  };
}
