/** Statements of the no-loss report; all read-only. */
import { asJson, type Database, type Sql } from '../../platform/postgres.ts';
import type { JournalRange } from '../ingest/journal.ts';
import { NIL_TENANT } from '../ingest/part.ts';
import { UNREADABLE } from '../ingest/unreadable.ts';
import type { Difference } from './difference.ts';

/**
 * An item that must have left a trace: a message, or a state of one (`status`). `ref` is our own message id, if known.
 */
export interface Expected {
  readonly tenantId: string;
  readonly accountId: string;
  readonly streamId: string;
  readonly channel: string | null;
  readonly direction: string;
  readonly id: string;
  readonly status: string | null;
  readonly ref: string | null;
}

const SLOW = { deadlineMs: 60_000 };

/**
 * The items that left no trace: no message (or state on it), not parked, not erased, and their body not a dead letter, also
 * when the number that it waits for is known by now.
 * Indexes: messages_provider_key; messages, parked and erased_messages primary keys; dead_letters_entry_key.
 */
export async function findMissing(db: Database, items: readonly Expected[]): Promise<Expected[]> {
  if (items.length === 0) return [];
  const rows = await db.run(
    'verify.missing',
    (sql) => sql<{ ord: number }[]>`
      select x.ord from json_to_recordset(${asJson(
        sql,
        items.map((item, ord) => ({ ...item, ord })),
      )})
        as x (ord int, "tenantId" uuid, "accountId" uuid, "streamId" text, channel text, direction text, id text, status text, ref uuid)
      where not exists (
        select 1 from messages m
        where m.tenant_id = x."tenantId"
          and (m.id = x.ref or (m.account_id = x."accountId" and m.direction = x.direction and m.provider_message_id = x.id))
          and case x.status when 'sent' then m.at_sent is not null when 'delivered' then m.at_delivered is not null
                when 'read' then m.at_read is not null when 'played' then m.at_played is not null
                when 'failed' then m.at_failed is not null else true end)
      and (x.status is null or not exists (
        select 1 from parked p where p.tenant_id = x."tenantId" and p.account_id = x."accountId" and p.target_id = x.id and p.kind = 'status'))
      and not exists (select 1 from erased_messages e
        where e.tenant_id = x."tenantId" and e.account_id = x."accountId" and e.key in (erased_key(x.id), erased_key(x.ref::text)))
      and not exists (select 1 from dead_letters d where d.stream_id = x."streamId"
        and (d.reason = 'poison' or d.reason = 'unknown_account' and d.channel = x.channel and d.state = 'open'))`,
    SLOW,
  );
  return rows.flatMap(({ ord }) => items[ord] ?? []);
}

/** Is there a dead letter of this entry? Index: dead_letters_entry_key. */
export async function hasLetter(db: Database, streamId: string, reason: string): Promise<boolean> {
  const rows = await db.run(
    'verify.letter',
    (sql) => sql`select 1 from dead_letters where stream_id = ${streamId} and reason = ${reason} limit 1`,
  );
  return rows.length > 0;
}

/**
 * Entries of the range that could not be read and have not been applied since: they were accepted, but have no row in
 * the journal. Index: dead_letters primary key, those without a tenant.
 */
export async function countUnreadable(db: Database, { from, to }: Pick<JournalRange, 'from' | 'to'>): Promise<number> {
  const rows = await db.run(
    'verify.unreadable',
    (sql) => sql<{ n: number }[]>`
      select count(*)::int as n from dead_letters
      where tenant_id = ${NIL_TENANT} and reason = ${UNREADABLE} and state <> 'retried'
        and received_at >= ${from} and received_at < ${to}`,
    SLOW,
  );
  return rows[0]?.n ?? 0;
}

/**
 * Excludes businesses that are being erased, whose data disappears piece by piece. Index: tenant_erasures primary key.
 */
const isThere = (sql: Sql, tenant: string) =>
  sql`not exists (select 1 from tenant_erasures x where x.tenant_id = ${sql(tenant)})`;

/** Threads whose stored summary is not what their messages say. Indexes: messages_unread, messages_by_thread. */
export function findStaleThreads(db: Database, tenantId: string | null): Promise<Difference[]> {
  return db.run(
    'verify.threads',
    (sql) => sql<Difference[]>`
      select * from (
        select case
            when t.unread_count <> (select count(*) from messages m where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.unread)
              then 'unread_count'
            when t.last_message_id is distinct from (
              select m.id from messages m where m.tenant_id = t.tenant_id and m.thread_id = t.id order by m.position desc limit 1)
              then 'last_message'
          end as kind, t.tenant_id as "tenantId", t.id::text as id
        from threads t where t.erased_at is null and ${isThere(sql, 't.tenant_id')} and ${tenantId === null ? sql`true` : sql`t.tenant_id = ${tenantId}`}) checked
      where kind is not null limit 100`,
    SLOW,
  );
}

/** Logs whose numbers have a gap, or do not end at the head. Index: tenant_events primary key. */
export function findLogGaps(db: Database, tenantId: string | null): Promise<Difference[]> {
  return db.run(
    'verify.log',
    (sql) => sql<Difference[]>`
      select 'log_gap' as kind, l.tenant_id as "tenantId", l.head::text as id
      from tenant_logs l left join lateral (
        select count(*) as kept, min(seq) as first, max(seq) as last from tenant_events e where e.tenant_id = l.tenant_id) e on true
      where ${isThere(sql, 'l.tenant_id')} and ${tenantId === null ? sql`true` : sql`l.tenant_id = ${tenantId}`}
        and (coalesce(e.last, l.head) <> l.head or e.kept <> coalesce(e.last - e.first + 1, 0))`,
    SLOW,
  );
}

/** Webhooks that wait for Redis to come back. */
export async function findWaiting(db: Database): Promise<number> {
  const rows = await db.run(
    'verify.spill',
    (sql) => sql<{ n: number }[]>`select count(*)::int as n from webhook_spill`,
  );
  return rows[0]?.n ?? 0;
}
