/** Writes what is counted: facts and standings of conversations, messages by the quarter of an hour. */
import type { TenantId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import { actorOf, authorOf, isEntry, isTurn, momentOf, selectMessageEntries } from './entries.ts';
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
 * Tells conversations from their beginning, by what is stored of them. Indexes: messages_by_thread, primary keys of
 * report_facts and report_threads. Locks their facts and standings.
 */
export async function tellAnew(tx: Tx, tenantId: TenantId, threadIds: readonly string[]): Promise<void> {
  if (threadIds.length === 0) return;
  const messages = await selectMessageEntries(tx, tenantId, threadIds);
  const entries = [...messages, ...(await selectAudited(tx, tenantId, threadIds))];
  await tx`
    delete from report_facts f
    where f.tenant_id = ${tenantId} and f.thread_id = any(${[...threadIds]}::uuid[]) and not f.audited`;
  await tx`
    delete from report_threads s where s.tenant_id = ${tenantId} and s.thread_id = any(${[...threadIds]}::uuid[])`;
  await tellOn(tx, tenantId, new Map(), entries);
}

/** Changes of status, which are facts as they are. Index: report_facts primary key. Locks nothing. */
async function selectAudited(tx: Tx, tenantId: TenantId, threadIds: readonly string[]): Promise<Entry[]> {
  return tx<Entry[]>`
    select f.thread_id as "threadId", f.id, f.at, f.member_id as "memberId",
      case f.kind when 'resolved' then 'resolved' else 'reopened' end as type
    from report_facts f
    where f.tenant_id = ${tenantId} and f.thread_id = any(${[...threadIds]}::uuid[]) and f.audited`;
}

/** Goes on with conversations from where they stand, with entries that come behind it. */
export async function tellOn(
  tx: Tx,
  tenantId: TenantId,
  standings: ReadonlyMap<string, Standing>,
  entries: readonly Entry[],
): Promise<void> {
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
  await upsertStandings(
    tx,
    tenantId,
    told.flatMap(({ standing }) => (standing === null ? [] : [standing])),
  );
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
