/** What the logs of several tenants say is new: Postgres sums up, and tells of the conversations in which something may turn. */
import type { TenantId } from '../../contract/ids.ts';
import type { Statement, Tx } from '../../platform/postgres.ts';
import type { Fragment } from '../fragments.ts';
import { actorOf, authorOf, isEntry, isTurn, momentOf } from './entries.ts';
import type { Entry, Standing } from './turns.ts';

/** Tenants that are counted together. */
export const TENANTS_AT_ONCE = 50;
/** Events that are counted together, of all these tenants. */
const BATCH = 20_000;

/** Which tenants are counted: all that are behind, without some, or some alone. */
export interface Whose {
  readonly only?: readonly TenantId[];
  readonly except?: readonly TenantId[];
}

/** A conversation with entries that may turn it. `moved`: its messages are other ones now. */
export interface TurningThread {
  readonly tenantId: TenantId;
  readonly threadId: string;
  readonly moved: boolean;
  readonly standing: Standing | null;
  readonly entries: readonly Entry[];
}

/** `tenants`: how many were held. `more`: the logs said more than was taken. */
export interface News {
  readonly tenants: number;
  readonly more: boolean;
  readonly threads: readonly TurningThread[];
}

/**
 * Takes the next events of tenants that are behind, sums up their messages, moves their cursors, and goes on with the
 * conversations in which only somebody who waits has written again. The others are the caller's to tell.
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
 * Who has no cursor is new, and counted from the first event on; where the log has that no more, or messages are summed up
 * already, figures are made anew. All rows of two tables that have one of each tenant, tenant_events primary key and
 * report_slots_key. Locks new rows.
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
 * Holds the cursors of tenants that are behind until commit, first those that were counted longest ago, and says whose to the
 * statements that follow, which see what is committed by then and go by keys, also where a table looked empty to the planner. Who is held by another is left to them. All rows of two
 * tables that have one of each tenant. Locks the cursors.
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
    ...{ tenantId, threadId, moved },
    standing: isStanding ? { threadId, lastAt, lastId, resolved, waitingSince } : null,
    entries: row.entries.map(({ atMs, ...entry }) => ({ ...entry, threadId, at: new Date(atMs) })),
  };
}

/** Before an event is told, its command may have run as long as this, ms, with a clock of another machine. */
const MARGIN_MS = 60_000;

/**
 * A row for each conversation that is to be told, at least one for each tenant. A log with a hole in it takes the epoch from its
 * cursor, so that all is made anew. `e`: events, of a new message what is stored of it. `w`: how far
 * each tenant gets, and when commands changed threads. `t`: threads; `asked`: by a command, which audit_log may have more of.
 * `turned`: changes of status that are facts from here on. `moved`: threads of contacts that were merged or parted, told
 * again with their own events only. `told`: threads in which something may turn; in the others who waited has written again.
 * Indexes: primary keys of report_cursors, tenant_events, messages, report_threads, audit_log by the time in its ids, contact_merges,
 * report_facts and report_slots_key. Locks rows of report tables.
 */
function takeStatement(tx: Tx): { execute(): PromiseLike<NewsRow[]> } {
  return tx<NewsRow[]>`
    with ${summed(tx)}, ${turnedIn(tx)}
    select w.tenant_id as "tenantId", w.cut, d.thread_id as "threadId", d.again as moved, d.stands_at as "lastAt",
      d.stands_id as "lastId", d.resolved, d.waiting_since as "waitingSince", d.entries
    from w left join threads d on d.tenant_id = w.tenant_id and (d.again or d.entries::text <> '[]')`;
}

function summed(tx: Tx): Fragment {
  return tx`
    h as materialized (
      select c.tenant_id, c.seq as after, l.head,
        least(l.head, c.seq + ${BATCH} / cardinality(n.held)) as upto
      from (select string_to_array(current_setting('hunfly.counted_now'), ',')::uuid[] as held) n
      join report_cursors c on c.tenant_id = any(n.held) join tenant_logs l on l.tenant_id = c.tenant_id
    ), e as materialized (
      select e.tenant_id, e.at, e.type, e.thread_id, e.received_at_ms is null and e.type like 'thread.%' as asked,
        m.id, m.received_at, m.direction, ${authorOf(tx)} as member_id
      from h join tenant_events e on e.tenant_id = h.tenant_id and e.seq > h.after and e.seq <= h.upto
      left join messages m on m.tenant_id = e.tenant_id and ${isEntry(tx)}
        and m.id = case when e.type = 'message.created' then ${messageIdOf(tx)} end
    ), w as materialized (
      select h.tenant_id, h.upto, h.upto < h.head as cut, count(e.tenant_id) = h.upto - h.after as whole, max(e.at) as at,
        ${idAt(tx, tx`min(e.at) filter (where e.asked)`, -MARGIN_MS, '0')} as low,
        ${idAt(tx, tx`max(e.at) filter (where e.asked)`, MARGIN_MS, 'f')} as high
      from h left join e on e.tenant_id = h.tenant_id group by h.tenant_id, h.after, h.upto, h.head
    ), cursors as (
      update report_cursors c set seq = w.upto, counted_at = coalesce(w.at, c.counted_at),
        epoch = case when w.whole then c.epoch else '' end
      from w where c.tenant_id = w.tenant_id
    ), slots as (
      insert into report_slots as s (tenant_id, slot, member_id, received, sent)
      select e.tenant_id, date_bin('15 minutes', e.received_at, 'epoch'), e.member_id,
        count(*) filter (where e.direction = 'inbound'), count(*) filter (where e.direction = 'outbound')
      from e join w on w.tenant_id = e.tenant_id and w.whole
      where e.direction = 'inbound' or e.member_id is not null group by 1, 2, 3 order by 1, 2, 3
      on conflict (tenant_id, slot, member_id) do update
        set received = s.received + excluded.received, sent = s.sent + excluded.sent
    )`;
}

function turnedIn(tx: Tx): Fragment {
  return tx`
    t as materialized (
      select e.tenant_id, e.thread_id, bool_or(e.type in ('thread.removed', 'message.removed')) as moved,
        bool_or(e.asked) as asked, min(e.received_at) as first_at, coalesce(bool_and(e.direction = 'inbound'), true) as only_received,
        array_agg(e.id) as ids, array_agg(e.received_at) as times, array_agg(e.direction) as types,
        array_agg(e.member_id) as members
      from e join w on w.tenant_id = e.tenant_id and w.whole where e.thread_id is not null group by 1, 2
    ), turned as (
      insert into report_facts (tenant_id, thread_id, id, at, kind, member_id, audited)
      select a.tenant_id, t.thread_id, a.id, ${momentOf(tx)},
        case when a.details->>'to' = 'resolved' then 'resolved' else 'begun' end, ${actorOf(tx)}, true
      from w join audit_log a on a.tenant_id = w.tenant_id and a.id between w.low and w.high and ${isTurn(tx)}
      join t on t.tenant_id = a.tenant_id and t.thread_id::text = a.subject_id and t.asked
      on conflict do nothing returning tenant_id, thread_id, id, at, kind, member_id
    ), merged as (
      select distinct t.tenant_id, t.thread_id
      from w join audit_log a on a.tenant_id = w.tenant_id and a.id between w.low and w.high
        and a.action in ('contact.merged', 'contact.unmerged')
      join contact_merges g on g.tenant_id = a.tenant_id and g.id = (a.details->>'mergeId')::uuid
      join threads x on x.tenant_id = a.tenant_id and x.contact_id in (g.from_contact_id, g.into_contact_id)
      join t on t.tenant_id = x.tenant_id and t.thread_id = x.id and t.asked
    ), told as materialized (
      select t.*, s.last_at as stands_at, s.last_id as stands_id, s.resolved, s.waiting_since,
        t.moved or m.thread_id is not null as again,
        t.only_received and coalesce(s.waiting_since < t.first_at, false) as waits
      from t left join report_threads s on s.tenant_id = t.tenant_id and s.thread_id = t.thread_id
      left join merged m on m.tenant_id = t.tenant_id and m.thread_id = t.thread_id
    ), waiting as (
      update report_threads s set last_at = n.at, last_id = n.id
      from told cross join lateral (
        select n.at, n.id from unnest(told.times, told.ids) n (at, id)
        where n.id is not null order by n.at desc, n.id desc limit 1) n
      where told.waits and not told.asked and not told.again and s.tenant_id = told.tenant_id and s.thread_id = told.thread_id
        and (n.at, n.id) > (s.last_at, s.last_id)
    ), threads as (
      select o.*, (
        select coalesce(json_agg(json_build_object('id', n.id, 'atMs', (extract(epoch from n.at) * 1000)::bigint, 'type', n.type,
          'memberId', n.member_id)), '[]')
        from (
          select n.* from unnest(o.ids, o.times, o.types, o.members) n (id, at, type, member_id) where n.id is not null
          union all
          select f.id, f.at, case f.kind when 'resolved' then 'resolved' else 'reopened' end, f.member_id
          from turned f where f.tenant_id = o.tenant_id and f.thread_id = o.thread_id) n) as entries
      from told o where o.asked or o.again or not o.waits and o.first_at is not null
    )`;
}

/** The lowest or highest UUIDv7 of a moment and some ms. */
function idAt(tx: Tx, moment: Fragment, afterMs: number, rest: '0' | 'f'): Fragment {
  return tx`(lpad(to_hex((extract(epoch from ${moment}) * 1000)::bigint + ${afterMs}), 12, '0') || ${rest.repeat(20)})::uuid`;
}

/** How the usual event of a new message begins (`log_changes`, `write_arrivals`). */
const BEFORE_ID = '{"message" : {"id":"';

/** Of `tenant_events e`. Cut out of the usual event, as parsing takes ten times as long as all the rest. */
function messageIdOf(tx: Tx): Fragment {
  return tx`case when left(e.data::text, ${BEFORE_ID.length}) = ${BEFORE_ID}
    then substr(e.data::text, ${BEFORE_ID.length + 1}, 36) else e.data#>>'{message,id}' end::uuid`;
}
