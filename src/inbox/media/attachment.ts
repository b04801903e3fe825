/** Finding a stored attachment for a member who may see its message. */
import type { Readable } from 'node:stream';
import type { AgentVisibility, Role } from '../../contract/entities.ts';
import type { MediaId } from '../../contract/ids.ts';
import type { Database, Tx } from '../../platform/postgres.ts';
import type { Caller } from '../command.ts';
import { abilityFor, canSeeThread } from '../team/ability.ts';

/** Where attachments are kept; keys are ours, never a caller's. */
export interface BlobReader {
  /** Bytes under the key; null where there is nothing. */
  size(key: string): Promise<number | null>;
  /** Both ends inclusive. Errors, such as a file that has gone, come as the stream's error. */
  read(key: string, range: { readonly start: number; readonly end: number }): Readable;
}

/** An attachment that is ready. */
export interface StoredAttachment {
  readonly mime: string;
  readonly filename: string | null;
  readonly storageKey: string;
}

/** Null for what does not exist, is not ready, was revoked, or belongs to a thread the caller may not see. */
export type AttachmentFinder = (caller: Caller, mediaId: MediaId) => Promise<StoredAttachment | null>;

interface AttachmentRow extends StoredAttachment {
  readonly assigneeId: string | null;
  readonly role: Role;
  readonly agentVisibility: AgentVisibility;
}

/**
 * The attachment with what visibility depends on, as they are now. Indexes: primary keys of media, threads, tenants and
 * tenant_members; messages_by_thread for the messages of its thread. Locks nothing.
 */
async function findWithGrant(tx: Tx, caller: Caller, mediaId: MediaId): Promise<AttachmentRow | null> {
  const [row] = await tx<AttachmentRow[]>`
    select a.mime, a.filename, a.storage_key as "storageKey", t.assignee_id as "assigneeId",
      m.role, n.agent_visibility as "agentVisibility"
    from media a
      join threads t on t.tenant_id = a.tenant_id and t.id = a.thread_id
      join tenants n on n.id = a.tenant_id
      join tenant_members m on m.tenant_id = a.tenant_id and m.id = ${caller.memberId} and m.removed_at is null
    where a.tenant_id = ${caller.tenantId} and a.id = ${mediaId} and a.state = 'ready' and a.storage_key is not null
      and exists (select 1 from messages s where s.tenant_id = t.tenant_id and s.thread_id = t.id
        and s.media_id = a.id and s.revoked_at is null)`;
  return row ?? null;
}

/** Looks attachments up under row-level security of the caller's tenant. */
export function createAttachmentFinder(db: Database): AttachmentFinder {
  return async (caller, mediaId) => {
    const row = await db.asTenant(caller.tenantId, 'media.find', (tx) => findWithGrant(tx, caller, mediaId), {
      readOnly: true,
    });
    if (row === null) return null;
    const { role, agentVisibility, assigneeId, ...attachment } = row;
    const ability = abilityFor({ memberId: caller.memberId, role, agentVisibility });
    return canSeeThread(ability, assigneeId) ? attachment : null;
  };
}
