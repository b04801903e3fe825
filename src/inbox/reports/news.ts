/**
 * New events in the logs of several tenants: Postgres aggregates them, and returns the conversations in which more
 * happened than customers writing.
 */
import type { TenantId } from '../../contract/ids.ts';
import type { Statement, Tx } from '../../platform/postgres.ts';
import type { Fragment } from '../fragments.ts';
import { actorOf, authorOf, isEntry, isTurn, momentOf } from './entries.ts';
import type { Entry, Standing } from './turns.ts';

/** Tenants counted together. */
export const TENANTS_AT_ONCE = 50;
/** Events counted together, of all these tenants. */
const BATCH = 20_000;

/** Which tenants to count: all that are behind, all except some, or only some. */
export interface Whose {
  readonly only?: readonly TenantId[];
  readonly except?: readonly TenantId[];
}

/** A conversation with entries that may change its state. `moved`: a merge changed which messages it has. */
export interface TurningThread {
  readonly tenantId: TenantId;
  readonly threadId: string;
  readonly moved: boolean;
  readonly standing: Standing | null;
  readonly entries: readonly Entry[];
}

/** `tenants`: how many cursors were locked. `more`: the logs contain more than was taken. */
export interface News {
  readonly tenants: number;
  readonly more: boolean;
  readonly threads: readonly TurningThread[];
}

/**
 * Takes the next events of tenants that are behind, aggregates their messages, moves their cursors, and advances
 * conversations in which only customers have written, by the same rule as `tell`. The caller has to count the others.
 */
export async function takeNews(tx: Tx, whose: Whose): Promise<News> {
  const sent = [beginCursors(tx).execute(), holdCursors(tx, whose).execute()];
  const [rows] = await Promise.all([takeStatement(tx).execute(), ...sent]);
  const tenants = new Set(rows.map(({ tenantId }) => tenantId)).size;
  return {
    tenants,
    more: tenants === TENANTS_AT_ONCE || rows.some(({ cut }) => cut),
    threads: rows.flatMap((row) => (row.threadId === null ? [] : [turning({ ...row, threadId: row.threadId })])),
  };
}

/**
 * A tenant without a cursor is new and counted from its first event. If the log no longer has that, or messages have
 * been aggregated already, its figures are rebuilt. Reads two tables whole, with one row per tenant; tenant_events
 * primary key and report_slots_key. Locks new rows.
 */
function beginCursors(tx: Tx): Statement {
  return tx`
    insert into report_cursors (tenant_id, epoch)
    select l.tenant_id, case when exists (
      select from tenant_events e where e.tenant_id = l.tenant_id and e.seq = 1) and not exists (
      select from report_slots s where s.tenant_id = l.tenant_id) then l.epoch else '' end
    from tenant_logs l
    where l.head > 0 and not exists (select from report_cursors c where c.tenant_id = l.tenant_id)
    on conflict do nothing`;
}

/**
 * Locks the cursors of tenants that are behind until commit, least recently counted first, skipping those locked by
 * others, and passes the tenants to the statements that follow. These see everything committed by then and use keys,
 * even where a table looked empty to the planner. Reads two tables whole, with one row per tenant. Locks the cursors.
 */
function holdCursors(tx: Tx, { only, except = [] }: Whose): Statement {
  return tx`
    select set_config('hunfly.counted_now', coalesce(string_agg(h.tenant_id::text, ','), ''), true),
      set_config('enable_seqscan', 'off', true)
    from (
      select c.tenant_id from report_cursors c join tenant_logs l on l.tenant_id = c.tenant_id
      where c.epoch = l.epoch and c.seq < l.head and c.tenant_id <> all(${[...except]}::uuid[])
        and (${only === undefined} or c.tenant_id = any(${[...(only ?? [])]}::uuid[]))
      order by c.counted_at nulls first, c.tenant_id limit ${TENANTS_AT_ONCE}
      for no key update of c skip locked) h`;
}

interface NewsRow {
  readonly tenantId: TenantId;
  readonly cut: boolean;
  readonly threadId: string | null;
  readonly moved: boolean;
  readonly lastAt: Date | null;
  readonly lastId: string | null;
  readonly resolved: boolean | null;
  readonly waitingSince: Date | null;
  readonly entries: readonly (Omit<Entry, 'threadId' | 'at'> & { readonly atMs: number })[];
}

function turning({ tenantId, ...row }: NewsRow & { readonly threadId: string }): TurningThread {
  const { threadId, moved, lastAt, lastId, resolved, waitingSince } = row;
  const isStanding = lastAt !== null && lastId !== null && resolved !== null;
  return {
    tenantId,
    threadId,
    moved,
    standing: isStanding ? { threadId, lastAt, lastId, resolved, waitingSince } : null,
    entries: row.entries.map(({ atMs, ...entry }) => ({ ...entry, threadId, at: new Date(atMs) })),
  };
}

/** A command may have run this long, ms, before its event, by the clock of another machine. */
const MARGIN_MS = 60_000;

/**
 * Returns a row for each tenant, and one for each conversation that the caller has to count. If a log has a gap, its
 * cursor loses the epoch, so that the tenant's figures are rebuilt. `e`: events, with the stored values of new
 * messages. `w`: how far each tenant gets, and the time range in which commands changed threads. `broken`: tenants
 * whose log has a gap. `asked`: threads that commands changed. `audited`: what commands did in that range. `turned`:
 * status changes, now written as facts. `t`: threads with their entries, in order. `merged`: threads of contacts that
 * were merged or unmerged; they are recounted only in a batch that has events of their own. `received`: threads in
 * which only customers wrote, after the thread's standing or while they were waiting.
 *
 * The statement is planned while tables are empty, and its plan is kept until they are analyzed. It therefore leaves
 * the planner no choice, whatever the statistics say: rows are looked up in an order that only one index has, and sets
 * that seem small to the planner (one message, distinct threads) are hashed, through an `in` that cannot become a join.
 *
 * Indexes: primary keys of report_cursors, tenant_events, messages, report_threads, audit_log by the time in its ids,
 * contact_merges, report_facts and report_slots_key. Locks rows of report tables.
 */
function takeStatement(tx: Tx): { execute(): PromiseLike<NewsRow[]> } {
  return tx<NewsRow[]>`
    with ${summed(tx)}, ${turnedIn(tx)}
    select w.tenant_id as "tenantId", w.cut, null::uuid as "threadId", false as moved, null::timestamptz as "lastAt",
      null::uuid as "lastId", null::boolean as resolved, null::timestamptz as "waitingSince", '[]'::json as entries
    from w
    union all
    select o.tenant_id, false, o.thread_id, o.again, o.stands_at, o.stands_id, o.resolved, o.waiting_since,
      coalesce(n.entries, '[]')
    from told o cross join lateral (
      select json_agg(json_build_object('id', n.id, 'atMs', (extract(epoch from n.at) * 1000)::bigint, 'type', n.type,
        'memberId', n.member_id)) as entries
      from unnest(o.ids, o.times, o.types, o.members) n (id, at, type, member_id)) n
    where (o.again or (o.tenant_id, o.thread_id) not in (select r.tenant_id, r.thread_id from received r))
      and (o.again or n.entries is not null)`;
}

function summed(tx: Tx): Fragment {
  return tx`
    h as materialized (
      select c.tenant_id, c.seq as after, l.head,
        least(l.head, c.seq + ${BATCH} / cardinality(n.held)) as upto
      from (select string_to_array(current_setting('hunfly.counted_now'), ',')::uuid[] as held) n
      join report_cursors c on c.tenant_id = any(n.held) join tenant_logs l on l.tenant_id = c.tenant_id
    ), e as materialized (
      select e.tenant_id, e.at, e.type, e.thread_id, e.asked, m.id, m.received_at, m.direction, m.member_id
      from h cross join lateral (
        select e.tenant_id, e.at, e.type, e.thread_id, e.received_at_ms is null and e.type like 'thread.%' as asked,
          case when e.type = 'message.created' then ${messageIdOf(tx)} end as message_id
        from tenant_events e where e.tenant_id = h.tenant_id and e.seq > h.after and e.seq <= h.upto offset 0) e
      left join lateral (
        select m.id, m.received_at, m.direction, ${authorOf(tx)} as member_id from messages m
        where m.tenant_id = e.tenant_id and m.id between e.message_id and e.message_id and ${isEntry(tx)}
        order by m.id limit 1) m on true
    ), w as materialized (
      select h.tenant_id, h.upto, h.upto < h.head as cut, coalesce(x.events, 0) = h.upto - h.after as whole, x.at,
        ${idAt(tx, tx`x.asked_from`, -MARGIN_MS, '0')} as low, ${idAt(tx, tx`x.asked_to`, MARGIN_MS, 'f')} as high
      from h left join (
        select e.tenant_id, count(*) as events, max(e.at) as at, min(e.at) filter (where e.asked) as asked_from,
          max(e.at) filter (where e.asked) as asked_to from e group by 1) x on x.tenant_id = h.tenant_id
    ), broken as materialized (
      select w.tenant_id from w where not w.whole
    ), asked as materialized (
      select distinct e.tenant_id, e.thread_id::text as subject_id from e where e.asked
    ), cursors as (
      update report_cursors c set seq = w.upto, counted_at = coalesce(w.at, c.counted_at),
        epoch = case when w.whole then c.epoch else '' end
      from w where c.tenant_id = w.tenant_id
    ), slots as (
      insert into report_slots as s (tenant_id, slot, member_id, received, sent)
      select e.tenant_id, date_bin('15 minutes', e.received_at, 'epoch'), e.member_id,
        count(*) filter (where e.direction = 'inbound'), count(*) filter (where e.direction = 'outbound')
      from e
      where (e.direction = 'inbound' or e.member_id is not null) and e.tenant_id not in (select tenant_id from broken)
      group by 1, 2, 3 order by 1, 2, 3
      on conflict (tenant_id, slot, member_id) do update
        set received = s.received + excluded.received, sent = s.sent + excluded.sent
    )`;
}

function turnedIn(tx: Tx): Fragment {
  return tx`
    audited as materialized (
      select a.* from w cross join lateral (
        select a.* from audit_log a
        where a.tenant_id = w.tenant_id and a.id between w.low and w.high
          and (${isTurn(tx)} or a.action in ('contact.merged', 'contact.unmerged'))
        order by a.id) a
      where w.whole
    ), turned as (
      insert into report_facts (tenant_id, thread_id, id, at, kind, member_id, audited)
      select a.tenant_id, a.subject_id::uuid, a.id, ${momentOf(tx)},
        case when a.details->>'to' = 'resolved' then 'resolved' else 'begun' end, ${actorOf(tx)}, true
      from audited a
      where a.action = 'thread.status_set'
        and ((a.tenant_id, a.subject_id) in (select s.tenant_id, s.subject_id from asked s)) is true
      on conflict do nothing returning tenant_id, thread_id, id, at, kind, member_id
    ), t as materialized (
      select x.tenant_id, x.thread_id, bool_or(x.type in ('thread.removed', 'message.removed')) as moved,
        bool_or(x.asked) as asked, bool_and(x.direction = 'inbound') as only_received,
        ${arrayOf(tx, tx`x.id`)} as ids, ${arrayOf(tx, tx`x.at`)} as times, ${arrayOf(tx, tx`x.direction`)} as types,
        ${arrayOf(tx, tx`x.member_id`)} as members
      from (
        select e.tenant_id, e.thread_id, e.type, e.asked, e.id, e.received_at as at, e.direction, e.member_id
        from e where e.thread_id is not null and e.tenant_id not in (select tenant_id from broken)
        union all
        select f.tenant_id, f.thread_id, '', true, f.id, f.at, case f.kind when 'resolved' then 'resolved' else 'reopened' end,
          f.member_id
        from turned f) x
      group by 1, 2
    ), merged as (
      select x.tenant_id, x.id as thread_id
      from audited a join contact_merges g on g.tenant_id = a.tenant_id and g.id = (a.details->>'mergeId')::uuid
      join threads x on x.tenant_id = a.tenant_id and x.contact_id in (g.from_contact_id, g.into_contact_id)
      where a.action in ('contact.merged', 'contact.unmerged')
    ), told as materialized (
      select t.*, s.last_at as stands_at, s.last_id as stands_id, s.resolved, s.waiting_since,
        t.moved or t.asked and (t.tenant_id, t.thread_id) in (select m.tenant_id, m.thread_id from merged m) as again,
        t.only_received and not t.asked as received
      from t left join lateral (
        select s.* from report_threads s where s.tenant_id = t.tenant_id and s.thread_id = t.thread_id offset 0) s on true
    ), received as materialized (
      select o.tenant_id, o.thread_id, o.stands_at is null or o.resolved as begins, o.times[1] as first_at, o.ids[1] as first_id,
        coalesce(o.waiting_since, o.times[1]) as waiting_since, o.times[cardinality(o.times)] as last_at,
        o.ids[cardinality(o.ids)] as last_id
      from told o
      where o.received and not o.again and (o.stands_at is null or o.waiting_since < o.times[1]
        or (o.times[1], o.ids[1]) > (o.stands_at, o.stands_id))
    ), standing as (
      insert into report_threads as s (tenant_id, thread_id, last_at, last_id, resolved, waiting_since)
      select n.tenant_id, n.thread_id, n.last_at, n.last_id, false, n.waiting_since from received n
      on conflict (tenant_id, thread_id) do update set last_at = excluded.last_at, last_id = excluded.last_id,
        resolved = false, waiting_since = excluded.waiting_since
      where (excluded.last_at, excluded.last_id) > (s.last_at, s.last_id)
    ), begun as (
      insert into report_facts (tenant_id, thread_id, id, at, kind, audited)
      select n.tenant_id, n.thread_id, n.first_id, n.first_at, 'begun', false from received n where n.begins
      on conflict do nothing
    )`;
}

/** Array of the entries `x` of a conversation, in order. */
function arrayOf(tx: Tx, of: Fragment): Fragment {
  return tx`array_agg(${of} order by x.at, x.id) filter (where x.id is not null)`;
}

/** The lowest or highest UUIDv7 of the instant some ms after `moment`. */
function idAt(tx: Tx, moment: Fragment, afterMs: number, rest: '0' | 'f'): Fragment {
  return tx`(lpad(to_hex((extract(epoch from ${moment}) * 1000)::bigint + ${afterMs}), 12, '0') || ${rest.repeat(20)})::uuid`;
}

/** How the usual event of a new message begins (`log_changes`, `write_arrivals`). */
const BEFORE_ID = '{"message" : {"id":"';

/**
 * The message id in `tenant_events e`, cut out of the usual event's text, because parsing takes ten times as long as
 * all the rest.
 */
function messageIdOf(tx: Tx): Fragment {
  return tx`case when left(e.data::text, ${BEFORE_ID.length}) = ${BEFORE_ID}
    then substr(e.data::text, ${BEFORE_ID.length + 1}, 36) else e.data#>>'{message,id}' end::uuid`;
}
