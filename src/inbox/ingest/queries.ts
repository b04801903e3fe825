/** Statements of the inbound worker. */
import { asJson, type Database, type Sql } from '../../platform/postgres.ts';
import type { TenantId } from '../../contract/ids.ts';
import type { LoggedEvent } from '../event-log.ts';
import { soleArrival, type Arrival } from './arrival.ts';
import type { Batch } from './batch.ts';
import { NIL_TENANT, type Part } from './part.ts';

/** A batch has at most 500 items; a statement that takes longer than this is stuck. */
const INGEST_DEADLINE_MS = 25_000;

/**
 * Applies one batch in one statement and one commit. Idempotent. Returns what it logged. Indexes and locks are named at
 * each step in sql/functions/ingest_batch.sql and ingest_arrival.sql, and above the functions these call. A batch that
 * looked like one plain message and is not takes the general way, in a second statement.
 */
export async function ingestBatch(db: Database, batch: Batch): Promise<LoggedEvent[]> {
  const arrival = soleArrival(batch);
  const logged =
    arrival === null ? [] : await ingestArrival(db, arrival, batch.bytes.subarray(0, arrival.entry.length));
  return logged.length > 0 ? logged : await ingestAll(db, batch);
}

/** Empty if the message is not plain after all: then nothing was written. */
function ingestArrival(db: Database, { entry, person, message }: Arrival, body: Buffer): Promise<LoggedEvent[]> {
  const { stream_id: streamId, provider, auth, correlation_id: correlationId } = entry;
  return db.run(
    'ingest.arrival',
    (sql) => sql<LoggedEvent[]>`
      select ${loggedBy(sql)} from ingest_arrival(
        json_populate_record(null::ingest_person, ${asJson(sql, person)}),
        json_populate_record(null::ingest_message, ${asJson(sql, message)}),
        ${streamId}, ${provider}, ${auth}, ${correlationId}, ${body})`,
    { deadlineMs: INGEST_DEADLINE_MS },
  );
}

function ingestAll(db: Database, { document, bytes }: Batch): Promise<LoggedEvent[]> {
  return db.run(
    'ingest.batch',
    (sql) => sql<LoggedEvent[]>`
      select ${loggedBy(sql)} from ingest_batch(${asJson(sql, document)}, ${bytes})`,
    { deadlineMs: INGEST_DEADLINE_MS },
  );
}

/**
 * Makes the journal store no bytes of this webhook, neither in its tenant's row nor in the shared one, whether another
 * part of it was stored before or will be. An erased tenant has no row. Index: primary keys of webhook_journal and
 * tenant_erasures. Locks the rows.
 */
export async function keepNoBytes(db: Database, tenantId: TenantId, part: Part): Promise<void> {
  const { receivedAtMs, streamId, provider, auth, correlationId } = part;
  await db.run(
    'ingest.keep_no_bytes',
    (sql) => sql`
      insert into webhook_journal (tenant_id, received_at, stream_id, provider, auth, correlation_id, body)
        select distinct owner, ms(${receivedAtMs}), ${streamId}, ${provider}, ${auth}, ${correlationId}, ''::bytea
        from unnest(${[NIL_TENANT, tenantId]}::uuid[]) owner
        where not exists (select 1 from tenant_erasures e where e.tenant_id = owner)
        on conflict (tenant_id, received_at, stream_id) do update set body = ''`,
  );
}

/** The columns of a LoggedEvent. */
const loggedBy = (sql: Sql) =>
  sql`tenant_id as "tenantId", epoch, seq, type, received_at_ms as "receivedAtMs", event::text as event`;

/** Bodies that were too large for the stream. Index: webhook_bodies primary key. */
export function findBodies(db: Database, keys: readonly string[]): Promise<{ key: string; body: Buffer }[]> {
  return db.run(
    'ingest.find_bodies',
    (sql) =>
      sql<{ key: string; body: Buffer }[]>`select key, body from webhook_bodies where key = any (${keys}::uuid[])`,
  );
}

/** Deletes bodies that are in the journal now. Index: webhook_bodies primary key. */
export async function deleteBodies(db: Database, keys: readonly string[]): Promise<void> {
  await db.run('ingest.delete_bodies', (sql) => sql`delete from webhook_bodies where key = any (${keys}::uuid[])`);
}

/** Deletes rows whose webhooks are in the journal now. Index: webhook_spill primary key. Locks them. */
export async function deleteSpilled(db: Database, ids: readonly string[]): Promise<void> {
  await db.run('ingest.delete_spilled', (sql) => sql`delete from webhook_spill where id = any (${ids}::bigint[])`);
}

/** Deletes such a row only if it holds exactly these bytes. Index: webhook_spill primary key. Locks it. */
export async function deleteSpilledAs(db: Database, id: string, body: Buffer): Promise<void> {
  await db.run(
    'ingest.delete_spilled_as',
    (sql) => sql`delete from webhook_spill where id = ${id}::bigint and body = ${body}`,
  );
}
