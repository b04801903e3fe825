/** Writes what is counted: facts and standings of conversations, messages by the quarter of an hour. */
import type { TenantId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import { actorOf, authorOf, isEntry, isTurn, momentOf, storedEntries, type Place } from './entries.ts';
import { inOrder, tell, type Entry, type Fact, type Standing } from './turns.ts';

/** Index: report_threads primary key. Locks nothing: the tenant's cursor is held. */
export async function selectStandings(tx: Tx, tenantId: TenantId, threadIds: readonly string[]): Promise<Standing[]> {
  return tx<Standing[]>`
    select s.thread_id as "threadId", s.last_at as "lastAt", s.last_id as "lastId", s.resolved,
      s.waiting_since as "waitingSince"
    from report_threads s where s.tenant_id = ${tenantId} and s.thread_id = any(${[...threadIds]}::uuid[])`;
}

/** Index: report_threads primary key. Locks these rows. */
export async function upsertStandings(tx: Tx, tenantId: TenantId, standings: readonly Standing[]): Promise<void> {
  if (standings.length === 0) return;
  await tx`
    insert into report_threads (tenant_id, thread_id, last_at, last_id, resolved, waiting_since)
    select ${tenantId}, r."threadId", r."lastAt", r."lastId", r.resolved, r."waitingSince"
    from json_to_recordset(${tx.json(standings as never)}::json) as r
      ("threadId" uuid, "lastAt" timestamptz, "lastId" uuid, resolved boolean, "waitingSince" timestamptz)
    on conflict (tenant_id, thread_id) do update set last_at = excluded.last_at, last_id = excluded.last_id,
      resolved = excluded.resolved, waiting_since = excluded.waiting_since`;
}

/** What is there already stays. Index: report_facts primary key. Locks the new rows. */
export async function insertFacts(tx: Tx, tenantId: TenantId, facts: readonly Fact[]): Promise<void> {
  if (facts.length === 0) return;
  await tx`
    insert into report_facts (tenant_id, thread_id, id, at, kind, member_id, wait_ms, audited)
    select ${tenantId}, r."threadId", r.id, r.at, r.kind, r."memberId", r."waitMs", r.audited
    from json_to_recordset(${tx.json(facts as never)}::json) as r
      ("threadId" uuid, id uuid, at timestamptz, kind text, "memberId" uuid, "waitMs" bigint, audited boolean)
    on conflict do nothing`;
}

/** Changes of status, of which those are returned that were not there yet. Index: report_facts primary key. Locks the new rows. */
export async function insertAudited(tx: Tx, tenantId: TenantId, entries: readonly Entry[]): Promise<Entry[]> {
  if (entries.length === 0) return [];
  const rows = await tx<{ id: string }[]>`
    insert into report_facts (tenant_id, thread_id, id, at, kind, member_id, audited)
    select ${tenantId}, r."threadId", r.id, r.at, case r.type when 'resolved' then 'resolved' else 'begun' end, r."memberId", true
    from json_to_recordset(${tx.json(entries as never)}::json) as r
      ("threadId" uuid, id uuid, at timestamptz, type text, "memberId" uuid)
    on conflict do nothing returning id`;
  const fresh = new Set(rows.map(({ id }) => id));
  return entries.filter(({ id }) => fresh.has(id));
}

/** Messages of which the log tells, by the quarter in which they were received. Index: report_slots_key. Locks those rows. */
export async function addToSlots(tx: Tx, tenantId: TenantId, entries: readonly Entry[]): Promise<void> {
  const counted = entries.filter(({ type, memberId }) => type === 'inbound' || memberId !== null);
  if (counted.length === 0) return;
  await tx`
    insert into report_slots as s (tenant_id, slot, member_id, received, sent)
    select ${tenantId}, date_bin('15 minutes', r.at, 'epoch'), r."memberId",
      count(*) filter (where r.type = 'inbound'), count(*) filter (where r.type = 'outbound')
    from json_to_recordset(${tx.json(counted as never)}::json) as r (at timestamptz, type text, "memberId" uuid)
    group by 2, 3 order by 2, 3
    on conflict (tenant_id, slot, member_id) do update
      set received = s.received + excluded.received, sent = s.sent + excluded.sent`;
}

/**
 * Where to go back to for late entries: behind the last answer or resolution before the first of them, where nobody waits.
 * Index: report_facts primary key. Locks nothing.
 */
export async function selectPlaces(tx: Tx, tenantId: TenantId, late: readonly Entry[]): Promise<(Standing | Place)[]> {
  return tx<(Standing | Place)[]>`
    select l."threadId", f.at as "lastAt", f.id as "lastId", f.kind = 'resolved' as resolved,
      null::timestamptz as "waitingSince"
    from (
      select distinct on (r."threadId") r."threadId", r.at, r.id
      from json_to_recordset(${tx.json(late as never)}::json) as r ("threadId" uuid, at timestamptz, id uuid)
      order by r."threadId", r.at, r.id) l
    left join lateral (
      select f.at, f.id, f.kind from report_facts f
      where f.tenant_id = ${tenantId} and f.thread_id = l."threadId" and f.kind in ('answered', 'resolved')
        and (f.at, f.id) < (l.at, l.id)
      order by f.at desc, f.id desc limit 1) f on true`;
}

/**
 * Tells conversations again, by what is stored of them behind these places. Indexes: messages_by_thread, primary keys of
 * report_facts and report_threads. Locks their facts and standings.
 */
export async function tellAnew(tx: Tx, tenantId: TenantId, places: readonly (Standing | Place)[]): Promise<void> {
  if (places.length === 0) return;
  await tx`
    delete from report_facts f
    using json_to_recordset(${tx.json(places as never)}::json) as r ("threadId" uuid, "lastAt" timestamptz, "lastId" uuid)
    where f.tenant_id = ${tenantId} and f.thread_id = r."threadId" and not f.audited
      and (r."lastAt" is null or (f.at, f.id) > (r."lastAt", r."lastId"))`;
  await tx`
    delete from report_threads s
    where s.tenant_id = ${tenantId} and s.thread_id = any(${places.map(({ threadId }) => threadId)}::uuid[])`;
  let standings: ReadonlyMap<string, Standing> = new Map(
    places.flatMap((place) => (isStanding(place) ? [[place.threadId, place] as const] : [])),
  );
  await upsertStandings(tx, tenantId, [...standings.values()]);
  for await (const page of storedEntries(tx, tenantId, places)) {
    standings = new Map([...standings, ...(await tellOn(tx, tenantId, standings, page))]);
  }
}

function isStanding(place: Standing | Place): place is Standing {
  return place.lastAt !== null;
}

/** Goes on with conversations from where they stand, with entries that come behind it. Resolves to where they stand then. */
export async function tellOn(
  tx: Tx,
  tenantId: TenantId,
  standings: ReadonlyMap<string, Standing>,
  entries: readonly Entry[],
): Promise<Map<string, Standing>> {
  const byThread = new Map<string, Entry[]>();
  for (const entry of [...entries].sort(inOrder)) {
    const own = byThread.get(entry.threadId);
    if (own === undefined) byThread.set(entry.threadId, [entry]);
    else own.push(entry);
  }
  const told = [...byThread].map(([threadId, own]) => tell(standings.get(threadId) ?? null, own));
  await insertFacts(
    tx,
    tenantId,
    told.flatMap(({ facts }) => facts),
  );
  const after = told.flatMap(({ standing }) => (standing === null ? [] : [standing]));
  await upsertStandings(tx, tenantId, after);
  return new Map(after.map((standing) => [standing.threadId, standing]));
}

/** All that is counted of a tenant. Indexes: those of the tables, by tenant. Locks the rows. */
export async function deleteFigures(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx`delete from report_slots where tenant_id = ${tenantId}`;
  await tx`delete from report_facts where tenant_id = ${tenantId}`;
  await tx`delete from report_threads where tenant_id = ${tenantId}`;
}

/** Every message by its quarter. By the tenant's part of the messages primary key. Locks the new rows. */
export async function fillSlots(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx`
    insert into report_slots (tenant_id, slot, member_id, received, sent)
    select m.tenant_id, date_bin('15 minutes', m.received_at, 'epoch'), ${authorOf(tx)},
      count(*) filter (where m.direction = 'inbound'), count(*) filter (where m.direction = 'outbound')
    from messages m
    where m.tenant_id = ${tenantId} and ${isEntry(tx)} and (m.direction = 'inbound' or m.author_type = 'member')
    group by 1, 2, 3`;
}

/** Every change of status. By the tenant's part of the audit_log primary key. Locks the new rows. */
export async function fillAudited(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx`
    insert into report_facts (tenant_id, thread_id, id, at, kind, member_id, audited)
    select a.tenant_id, a.subject_id::uuid, a.id, ${momentOf(tx)},
      case when a.details->>'to' = 'resolved' then 'resolved' else 'begun' end, ${actorOf(tx)}, true
    from audit_log a where a.tenant_id = ${tenantId} and ${isTurn(tx)}`;
}
