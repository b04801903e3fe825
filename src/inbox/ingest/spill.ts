/** Webhooks that wait in Postgres: all of them while Redis is away, large and broken bodies always. */
import { createHash } from 'node:crypto';
import type { ProviderName } from '../../contract/entities.ts';
import { cleanText } from '../../lib/text.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import { asJson, type Database } from '../../platform/postgres.ts';
import { NIL_TENANT } from './part.ts';

/** One accepted webhook outside Redis. */
export interface SpillRow {
  readonly provider: ProviderName;
  readonly auth: string;
  readonly shard: number;
  readonly receivedAtMs: number;
  readonly correlationId: string;
  readonly body: Buffer;
}

/**
 * Stores all rows in one statement. No unique key: housekeeping moves each row to the stream, where repeats are
 * harmless. Locks nothing but the new rows.
 */
export async function insertSpill(db: Database, rows: readonly SpillRow[], deadlineMs: number): Promise<void> {
  let start = 0;
  const documents = rows.map(({ provider, auth, shard, receivedAtMs, correlationId, body }) => {
    const document = { provider, auth, shard, receivedAtMs, correlationId, start, length: body.length };
    start += body.length;
    return document;
  });
  const bytes = Buffer.concat(rows.map((row) => row.body));
  await db.run(
    'ingest.spill',
    (sql) => sql`
      insert into webhook_spill (provider, auth, shard, received_at_ms, correlation_id, body)
      select j.provider, j.auth, j.shard, j."receivedAtMs", j."correlationId",
        substring(${bytes}::bytea from j.start + 1 for j.length)
      from json_to_recordset(${asJson(sql, documents)}) as j (provider text, auth text, shard int,
        "receivedAtMs" bigint, "correlationId" text, start int, length int)`,
    { deadlineMs },
  );
}

/** Stores a body that is too large for a stream entry; returns its key. Locks nothing but the new row. */
export async function insertBody(db: Database, body: Buffer, deadlineMs: number): Promise<string> {
  const key = uuid7();
  // As base64 text: the driver writes bytea as hex, which takes twice as long for megabytes.
  const text = body.toString('base64');
  await db.run(
    'ingest.insert_body',
    (sql) => sql`insert into webhook_bodies (key, body) values (${key}, decode(${text}, 'base64'))`,
    { deadlineMs },
  );
  return key;
}

/** An authentic body that is not in its carrier's documented format. */
export interface BrokenBody {
  readonly provider: ProviderName;
  readonly channel: string | null;
  readonly detail: string;
  readonly auth: string;
  readonly body: Buffer;
  readonly receivedAtMs: number;
  readonly correlationId: string;
}

/**
 * Stores the raw bytes as dead letter `broken_body`. The same bytes again become the same letter
 * (dead_letters_entry_key), because carriers repeat what is answered 400.
 */
export async function insertBrokenBody(db: Database, broken: BrokenBody, deadlineMs: number): Promise<void> {
  const { provider, detail, auth, body, receivedAtMs, correlationId } = broken;
  const channel = broken.channel === null ? null : cleanText(broken.channel, 200);
  const entry = `gateway/${createHash('sha256').update(body).digest('hex')}`;
  await db.run(
    'ingest.broken_body',
    (sql) => sql`
      insert into dead_letters (tenant_id, provider, channel, reason, detail, auth, body, received_at, correlation_id, stream_id)
      values (${NIL_TENANT}, ${provider}, ${channel}, 'broken_body', ${detail}, ${auth}, ${body},
        ${new Date(receivedAtMs)}, ${correlationId}, ${entry})
      on conflict do nothing`,
    { deadlineMs },
  );
}
