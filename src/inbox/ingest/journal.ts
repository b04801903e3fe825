/** Reads stored webhooks back, for the no-loss report and for replay. */
import type { ProviderName } from '../../contract/entities.ts';
import type { Database } from '../../platform/postgres.ts';
import type { Parsed } from '../../providers/inbound.ts';
import { NIL_TENANT, wholePart, type Part, type Received } from './part.ts';

/** Which stored webhooks: received in [from, to), of one tenant or of all. */
export interface JournalRange {
  readonly tenantId: string | null;
  readonly from: Date;
  readonly to: Date;
}

/** A stored body. One with items of several tenants appears for each of them, with all items. */
export interface JournalPart extends Part {
  readonly tenantId: string;
}

/** Parses a body as the worker does. */
export type ParseBody = (provider: ProviderName, body: Buffer, receivedAtMs: number) => Parsed;

interface JournalRow extends Received {
  readonly tenantId: string;
}

const PAGE = 200;

/**
 * One page after a key, oldest first. A row without bytes takes them from the row that belongs to no tenant. For all
 * tenants, each body appears once. Index: webhook_journal primary key for a tenant; otherwise every partition of the
 * range is read through the same key.
 */
function findPage(db: Database, range: JournalRange, after: JournalRow | null): Promise<JournalRow[]> {
  return db.run(
    'journal.page',
    (sql) => sql<JournalRow[]>`
      select j.tenant_id as "tenantId", (extract(epoch from j.received_at) * 1000)::bigint as "receivedAtMs",
        j.stream_id as "streamId", j.provider, j.auth, j.correlation_id as "correlationId",
        coalesce(case when length(j.body) = 0 then shared.body end, j.body) as body
      from webhook_journal j
      left join webhook_journal shared on shared.tenant_id = ${NIL_TENANT} and j.tenant_id <> shared.tenant_id
        and shared.received_at = j.received_at and shared.stream_id = j.stream_id
      where j.received_at >= ${range.from} and j.received_at < ${range.to}
        and ${range.tenantId === null ? sql`shared.stream_id is null` : sql`j.tenant_id = ${range.tenantId}`}
        ${
          after === null
            ? sql``
            : sql`and (j.tenant_id, j.received_at, j.stream_id) > (${after.tenantId}, to_timestamp(${after.receivedAtMs} / 1000.0), ${after.streamId})`
        }
      order by j.tenant_id, j.received_at, j.stream_id limit ${PAGE}`,
    { deadlineMs: 60_000 },
  );
}

/** Every stored webhook of the range, parsed, a page at a time, so that memory stays bounded by a page. */
export async function* readJournal(db: Database, range: JournalRange, parse: ParseBody): AsyncGenerator<JournalPart[]> {
  let last: JournalRow | null = null;
  for (;;) {
    const rows: JournalRow[] = await findPage(db, range, last);
    const [tail] = rows.slice(-1);
    if (tail === undefined) return;
    yield rows.map((row) => ({
      ...wholePart(row, parse(row.provider, row.body, row.receivedAtMs)),
      tenantId: row.tenantId,
    }));
    last = tail;
  }
}
