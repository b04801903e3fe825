/** Statements of the inbound worker. */
import type { Database } from '../../platform/postgres.ts';
import type { LoggedEvent } from '../event-log.ts';
import type { Batch } from './batch.ts';

/** Typed by its number: what the driver calls json is jsonb to Postgres, read and written once more before it is used. */
const JSON_OID = 114;
/** A batch holds at most 500 items; a statement that needs longer than this is stuck. */
const INGEST_DEADLINE_MS = 25_000;

/**
 * Applies one batch in one statement and one commit (sql/migrations/0012, 0025, 0029). Idempotent. Returns what it logged.
 * Indexes and locks are named beside each step of the function.
 */
export function ingestBatch(db: Database, batch: Batch): Promise<LoggedEvent[]> {
  return db.run(
    'ingest.batch',
    (sql) => sql<LoggedEvent[]>`
      select tenant_id as "tenantId", epoch, seq, type, received_at_ms as "receivedAtMs", event::text as event
      from ingest_batch(${sql.typed(batch.document as never, JSON_OID)}, ${batch.bytes})`,
    { deadlineMs: INGEST_DEADLINE_MS },
  );
}

/** Bodies that were too large for the stream. Index: webhook_bodies primary key. */
export function findBodies(db: Database, keys: readonly string[]): Promise<{ key: string; body: Buffer }[]> {
  return db.run(
    'ingest.find_bodies',
    (sql) =>
      sql<{ key: string; body: Buffer }[]>`select key, body from webhook_bodies where key = any (${keys}::uuid[])`,
  );
}

/** Removes bodies that are in the journal now. Index: webhook_bodies primary key. */
export async function deleteBodies(db: Database, keys: readonly string[]): Promise<void> {
  await db.run('ingest.delete_bodies', (sql) => sql`delete from webhook_bodies where key = any (${keys}::uuid[])`);
}
