/** Queues an attachment whose download failed to be downloaded again. */
import type { MediaId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';

/**
 * Makes it due at once, counting attempts from the start; raises the message's version. Returns the attachment; null if
 * nothing had failed. Indexes: messages and media primary keys. The caller holds the thread's row; locks the message
 * and the attachment.
 */
export async function fetchAgain(tx: Tx, tenantId: string, messageId: string): Promise<MediaId | null> {
  const [again] = await tx<{ mediaId: MediaId }[]>`
    with again as (
      update media f set state = 'pending', failure = null, attempts = 0, attempt_id = null, next_attempt_at = now()
      from messages m
      where m.tenant_id = ${tenantId} and m.id = ${messageId} and f.tenant_id = m.tenant_id and f.id = m.media_id
        and f.state = 'failed'
      returning m.tenant_id, m.id, f.id as media_id
    )
    update messages m set version = m.version + 1 from again a where m.tenant_id = a.tenant_id and m.id = a.id
    returning a.media_id as "mediaId"`;
  return again?.mediaId ?? null;
}
