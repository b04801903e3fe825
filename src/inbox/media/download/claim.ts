/** Claims an attachment to be downloaded: one statement, committed before a carrier is called. */
import { randomUUID } from 'node:crypto';
import type { AccountId, MediaId, TenantId } from '../../../contract/ids.ts';
import type { MediaJob } from '../../../contract/jobs.ts';
import type { MessageKind } from '../../../contract/message.ts';
import type { Database } from '../../../platform/postgres.ts';

/**
 * One committed attempt. Until its lease expires nobody else begins another. Losing the lease does no harm: both
 * attempts store the same bytes under the same key, and only the last one is recorded.
 */
export interface FetchAttempt {
  readonly tenantId: TenantId;
  readonly mediaId: MediaId;
  readonly accountId: AccountId;
  readonly attemptId: string;
  /** Counts from 1, this attempt included. */
  readonly attempt: number;
  readonly kind: MessageKind;
  readonly mime: string;
  readonly providerMessageId: string | null;
  readonly source: MediaSource;
}

/** What the webhook said about where the bytes are; written by ingest. */
export interface MediaSource {
  readonly providerMediaId: string | null;
  readonly url: string | null;
  /** 64 hex digits. */
  readonly sha256: string | null;
  /** The journal row that contains the file. */
  readonly webhook?: { readonly streamId: string; readonly receivedAtMs: number };
}

/**
 * Null if it is not due, is being downloaded, is already stored, or has no message any more. Index: media, threads and
 * messages primary keys, messages_by_media. Locks the attachment's row.
 */
export async function claimAttachment(db: Database, job: MediaJob, leaseMs: number): Promise<FetchAttempt | null> {
  const attemptId = randomUUID();
  const [row] = await db.run(
    'media.claim',
    (sql) => sql<Omit<FetchAttempt, 'attemptId'>[]>`
      update media f set attempts = f.attempts + 1, attempt_id = ${attemptId},
        next_attempt_at = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      from messages m
      where f.tenant_id = ${job.tenantId} and f.id = ${job.mediaId} and f.state = 'pending'
        and f.next_attempt_at <= clock_timestamp() and m.tenant_id = f.tenant_id and m.media_id = f.id
      returning f.tenant_id as "tenantId", f.id as "mediaId", m.account_id as "accountId", f.attempts as attempt,
        m.kind, f.mime, m.provider_message_id as "providerMessageId", f.source`,
  );
  return row === undefined ? null : { ...row, attemptId };
}
