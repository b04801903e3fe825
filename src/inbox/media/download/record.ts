/** Records how a download ended: one transaction, which changes nothing if another attempt has begun. */
import type { Database, Tx } from '../../../platform/postgres.ts';
import type { LoggedEvent } from '../../event-log.ts';
import { lockThreadsOf, publishMessages, type MessageKey } from '../../messages/dispatch/publish.ts';
import type { StoredFile } from '../store-file.ts';
import type { FetchAttempt } from './claim.ts';

/** Includes waiting for a connection. */
const DEADLINE = { deadlineMs: 10_000 };

/** The attachment is stored. Returns what was logged for its message; null when another attempt took over. */
export async function recordStored(
  db: Database,
  attempt: FetchAttempt,
  file: StoredFile,
): Promise<readonly LoggedEvent[] | null> {
  return await published(db, attempt, (tx) => markReady(tx, attempt, file));
}

/** It is given up, with a reason that an agent can read. */
export async function recordFailed(
  db: Database,
  attempt: FetchAttempt,
  failure: string,
): Promise<readonly LoggedEvent[] | null> {
  return await published(db, attempt, (tx) => markFailed(tx, attempt, failure));
}

/** Retried later. Nothing visible changes, so nothing is logged. Index: media primary key. */
export async function recordDelay(
  db: Database,
  { tenantId, mediaId, attemptId }: FetchAttempt,
  delayMs: number,
): Promise<void> {
  await db.run(
    'media.delay',
    (sql) => sql`
      update media set next_attempt_at = clock_timestamp() + ${delayMs} * interval '1 millisecond'
      where tenant_id = ${tenantId} and id = ${mediaId} and state = 'pending' and attempt_id = ${attemptId}`,
  );
}

async function published(
  db: Database,
  attempt: FetchAttempt,
  mark: (tx: Tx) => Promise<boolean>,
): Promise<readonly LoggedEvent[] | null> {
  return await db.transaction(
    'media.record',
    async (tx) => {
      const messages = await messagesWith(tx, attempt);
      await lockThreadsOf(tx, messages);
      return (await mark(tx)) ? publishMessages(tx, messages) : null;
    },
    DEADLINE,
  );
}

/** Index: messages_by_media. No locks. */
async function messagesWith(tx: Tx, { tenantId, mediaId }: FetchAttempt): Promise<MessageKey[]> {
  return await tx<MessageKey[]>`
    select tenant_id as "tenantId", id from messages where tenant_id = ${tenantId} and media_id = ${mediaId}`;
}

/** Index: media primary key. */
async function markReady(tx: Tx, attempt: FetchAttempt, file: StoredFile): Promise<boolean> {
  const declared = file.mime === attempt.mime ? null : attempt.mime;
  const { count } = await tx`
    update media set state = 'ready', failure = null, mime = ${file.mime}, declared_mime = ${declared},
      size_bytes = ${file.sizeBytes}, sha256 = ${file.sha256}, storage_key = ${file.storageKey},
      thumbnail_key = ${file.thumbnailKey}, width = ${file.width}, height = ${file.height},
      still = ${file.still}
    where tenant_id = ${attempt.tenantId} and id = ${attempt.mediaId} and state = 'pending'
      and attempt_id = ${attempt.attemptId}`;
  return count > 0;
}

/** Index: media primary key. */
async function markFailed(tx: Tx, attempt: FetchAttempt, failure: string): Promise<boolean> {
  const { count } = await tx`
    update media set state = 'failed', failure = ${failure}
    where tenant_id = ${attempt.tenantId} and id = ${attempt.mediaId} and state = 'pending'
      and attempt_id = ${attempt.attemptId}`;
  return count > 0;
}
