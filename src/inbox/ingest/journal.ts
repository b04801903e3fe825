/** Reads stored webhooks back, for the no-loss report and for replay. */
import type { ProviderName } from '../../contract/entities.ts';
import type { Database } from '../../platform/postgres.ts';
import type { Parsed } from '../../providers/inbound.ts';
import type { Part } from './part.ts';

/** Which stored webhooks: received in [from, to), of one tenant or of all. */
export interface JournalRange {
  readonly tenantId: string | null;
  readonly from: Date;
  readonly to: Date;
}

/** A stored body. One with items of several tenants is stored once for each of them, the others' items included. */
export interface JournalPart extends Part {
  readonly tenantId: string;
}

/** Parses a body as the worker does. */
export type ParseBody = (provider: ProviderName, body: Buffer, receivedAtMs: number) => Parsed;

interface JournalRow {
  readonly tenantId: string;
  readonly receivedAtMs: number;
  readonly streamId: string;
  readonly provider: ProviderName;
  readonly auth: string;
  readonly correlationId: string;
  readonly body: Buffer;
}

const PAGE = 200;

/**
 * One page after a key, oldest first. Index: webhook_journal primary key for a tenant; without one every partition of
 * the range is read through the same key.
 */
function findPage(db: Database, range: JournalRange, after: JournalRow | null): Promise<JournalRow[]> {
  return db.run(
    'journal.page',
    (sql) => sql<JournalRow[]>`
      select tenant_id as "tenantId", (extract(epoch from received_at) * 1000)::bigint as "receivedAtMs", stream_id as "streamId",
        provider, auth, correlation_id as "correlationId", body
      from webhook_journal
      where received_at >= ${range.from} and received_at < ${range.to}
        ${range.tenantId === null ? sql`` : sql`and tenant_id = ${range.tenantId}`}
        ${
          after === null
            ? sql``
            : sql`and (tenant_id, received_at, stream_id) > (${after.tenantId}, to_timestamp(${after.receivedAtMs} / 1000.0), ${after.streamId})`
        }
      order by tenant_id, received_at, stream_id limit ${PAGE}`,
    { deadlineMs: 60_000 },
  );
}

/** Every stored webhook of the range, parsed, a page at a time; memory stays at one page. */
export async function* readJournal(db: Database, range: JournalRange, parse: ParseBody): AsyncGenerator<JournalPart[]> {
  let last: JournalRow | null = null;
  for (;;) {
    const rows: JournalRow[] = await findPage(db, range, last);
    const [tail] = rows.slice(-1);
    if (tail === undefined) return;
    yield rows.map((row) => toPart(row, parse));
    last = tail;
  }
}

function toPart(row: JournalRow, parse: ParseBody): JournalPart {
  const parsed = parse(row.provider, row.body, row.receivedAtMs);
  const { tenantId, streamId, provider, auth, receivedAtMs, correlationId, body } = row;
  return {
    tenantId,
    streamId,
    provider,
    auth,
    receivedAtMs,
    correlationId,
    body,
    events: parsed.ok ? parsed.events : [],
    offset: 0,
  };
}
