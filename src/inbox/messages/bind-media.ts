/** Assigns an uploaded file to the message that is sent with it. */
import type { MediaId, MemberId, TenantId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';

/** Who wants to send which file where. */
export interface Binding {
  readonly tenantId: TenantId;
  readonly mediaId: MediaId;
  readonly threadId: ThreadId;
  readonly accountId: string;
  readonly memberId: MemberId;
}

/** The part of a ready file that sending needs. */
export interface BoundMedia {
  readonly mime: string;
  readonly sizeBytes: number;
  readonly voice: boolean;
  /** Null if that is unknown or does not matter. */
  readonly still: boolean | null;
}

/**
 * From now on the file belongs to the thread. Null if it is not ready, was uploaded by somebody else, for another
 * number or more than a day ago, or belongs to another thread. Locks the row. Index: media primary key.
 */
export async function bindMedia(tx: Tx, binding: Binding): Promise<BoundMedia | null> {
  const { tenantId, mediaId, threadId, accountId, memberId } = binding;
  const rows = await tx<BoundMedia[]>`
    update media set thread_id = ${threadId}
    where tenant_id = ${tenantId} and id = ${mediaId} and state = 'ready'
      and (thread_id = ${threadId}
        or (thread_id is null and uploaded_by = ${memberId} and account_id = ${accountId}
          -- Later it may be forgotten at any moment: see findUnsent.
          and created_at > now() - interval '24 hours'))
    returning mime, size_bytes::float8 as "sizeBytes", voice, still`;
  return rows[0] ?? null;
}
