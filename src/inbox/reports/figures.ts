/** Writes the counted facts of conversations, and rebuilds all figures of a tenant. */
import type { TenantId } from '../../contract/ids.ts';
import { groupBy } from '../../lib/group-by.ts';
import { asJson, type Statement, type Tx } from '../../platform/postgres.ts';
import { actorOf, authorOf, isEntry, isTurn, momentOf, storedEntries, type Place } from './entries.ts';
import { inOrder, tell, type Entry, type Fact, type Standing } from './turns.ts';

/** What was counted in conversations. */
export interface Told {
  readonly facts: readonly Fact[];
  readonly standings: readonly Standing[];
}

/** What was counted, by tenant. */
export type ToldOf = readonly (Told & { readonly tenantId: TenantId })[];

/**
 * Writes the facts and where conversations stand; existing facts stay. Indexes: primary keys of report_threads and
 * report_facts. Locks these rows.
 */
export function writeTold(tx: Tx, told: ToldOf): Statement[] {
  const facts = told.flatMap(({ tenantId, facts: all }) => all.map((fact) => ({ tenantId, ...fact })));
  const standings = told.flatMap(({ tenantId, standings: all }) => all.map((one) => ({ tenantId, ...one })));
  return [
    ...(facts.length === 0 ? [] : [insertFacts(tx, facts)]),
    ...(standings.length === 0 ? [] : [upsertStandings(tx, standings)]),
  ];
}

function upsertStandings(tx: Tx, standings: readonly Standing[]): Statement {
  return tx`
    insert into report_threads (tenant_id, thread_id, last_at, last_id, resolved, waiting_since)
    select r."tenantId", r."threadId", r."lastAt", r."lastId", r.resolved, r."waitingSince"
    from json_to_recordset(${asJson(tx, standings)}) as r
      ("tenantId" uuid, "threadId" uuid, "lastAt" timestamptz, "lastId" uuid, resolved boolean, "waitingSince" timestamptz)
    on conflict (tenant_id, thread_id) do update set last_at = excluded.last_at, last_id = excluded.last_id,
      resolved = excluded.resolved, waiting_since = excluded.waiting_since`;
}

function insertFacts(tx: Tx, facts: readonly Fact[]): Statement {
  return tx`
    insert into report_facts (tenant_id, thread_id, id, at, kind, member_id, wait_ms, audited)
    select r."tenantId", r."threadId", r.id, r.at, r.kind, r."memberId", r."waitMs", r.audited
    from json_to_recordset(${asJson(tx, facts)}) as r
      ("tenantId" uuid, "threadId" uuid, id uuid, at timestamptz, kind text, "memberId" uuid, "waitMs" bigint, audited boolean)
    on conflict do nothing`;
}

/**
 * Where to go back to for late entries: after the last answer or resolution before the first of them, where nobody
 * waits. Index: report_facts primary key. Locks nothing.
 */
export async function selectPlaces(tx: Tx, tenantId: TenantId, late: readonly Entry[]): Promise<(Standing | Place)[]> {
  return tx<(Standing | Place)[]>`
    select l."threadId", f.at as "lastAt", f.id as "lastId", f.kind = 'resolved' as resolved,
      null::timestamptz as "waitingSince"
    from (
      select distinct on (r."threadId") r."threadId", r.at, r.id
      from json_to_recordset(${asJson(tx, late)}) as r ("threadId" uuid, at timestamptz, id uuid)
      order by r."threadId", r.at, r.id) l
    left join lateral (
      select f.at, f.id, f.kind from report_facts f
      where f.tenant_id = ${tenantId} and f.thread_id = l."threadId" and f.kind in ('answered', 'resolved')
        and (f.at, f.id) < (l.at, l.id)
      order by f.at desc, f.id desc limit 1) f on true`;
}

/**
 * Recounts conversations from these places, using the stored entries. Indexes: messages_by_thread, primary keys of
 * report_facts and report_threads. Locks their facts and standings.
 */
export async function tellAnew(tx: Tx, tenantId: TenantId, places: readonly (Standing | Place)[]): Promise<void> {
  if (places.length === 0) return;
  await tx`
    delete from report_facts f
    using json_to_recordset(${asJson(tx, places)}) as r ("threadId" uuid, "lastAt" timestamptz, "lastId" uuid)
    where f.tenant_id = ${tenantId} and f.thread_id = r."threadId" and not f.audited
      and (r."lastAt" is null or (f.at, f.id) > (r."lastAt", r."lastId"))`;
  await tx`
    delete from report_threads s
    where s.tenant_id = ${tenantId} and s.thread_id = any(${places.map(({ threadId }) => threadId)}::uuid[])`;
  let standings: ReadonlyMap<string, Standing> = new Map(
    places.flatMap((place) => (isStanding(place) ? [[place.threadId, place] as const] : [])),
  );
  await write(tx, { tenantId, facts: [], standings: [...standings.values()] });
  for await (const page of storedEntries(tx, tenantId, places)) {
    const told = tellOn(standings, page);
    await write(tx, { tenantId, ...told });
    standings = new Map([...standings, ...told.standings.map((one) => [one.threadId, one] as const)]);
  }
}

async function write(tx: Tx, told: ToldOf[number]): Promise<void> {
  for (const statement of writeTold(tx, [told])) await statement.execute();
}

function isStanding(place: Standing | Place): place is Standing {
  return place.lastAt !== null;
}

/** Continues conversations from where they stand with entries that come after it. */
export function tellOn(standings: ReadonlyMap<string, Standing>, entries: readonly Entry[]): Told {
  const byThread = groupBy([...entries].sort(inOrder), ({ threadId }) => threadId);
  const told = [...byThread].map(([threadId, own]) => tell(standings.get(threadId) ?? null, own));
  return {
    facts: told.flatMap(({ facts }) => facts),
    standings: told.flatMap(({ standing }) => (standing === null ? [] : [standing])),
  };
}

/** Deletes everything counted of a tenant. Indexes: those of the tables, by tenant. Locks the rows. */
export async function deleteFigures(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx`delete from report_slots where tenant_id = ${tenantId}`;
  await tx`delete from report_facts where tenant_id = ${tenantId}`;
  await tx`delete from report_threads where tenant_id = ${tenantId}`;
}

/**
 * Counts every message into its quarter of an hour. By the tenant's part of the messages primary key. Locks the new
 * rows.
 */
export async function fillSlots(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx`
    insert into report_slots (tenant_id, slot, member_id, received, sent)
    select m.tenant_id, date_bin('15 minutes', m.received_at, 'epoch'), ${authorOf(tx)},
      count(*) filter (where m.direction = 'inbound'), count(*) filter (where m.direction = 'outbound')
    from messages m
    where m.tenant_id = ${tenantId} and ${isEntry(tx)} and (m.direction = 'inbound' or m.author_type = 'member')
    group by 1, 2, 3`;
}

/** Writes every status change as a fact. By the tenant's part of the audit_log primary key. Locks the new rows. */
export async function fillAudited(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx`
    insert into report_facts (tenant_id, thread_id, id, at, kind, member_id, audited)
    select a.tenant_id, a.subject_id::uuid, a.id, ${momentOf(tx)},
      case when a.details->>'to' = 'resolved' then 'resolved' else 'begun' end, ${actorOf(tx)}, true
    from audit_log a where a.tenant_id = ${tenantId} and ${isTurn(tx)}`;
}
