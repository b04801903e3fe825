/** Reads the durable event log: heads of many tenants, a range of one, and the current assignees of its threads. */
import type { TenantId, ThreadId } from '../contract/ids.ts';
import type { LogEvent } from '../contract/jobs.ts';
import type { Database, Sql, Tx } from '../platform/postgres.ts';
import type { Replica } from '../platform/postgres-replica.ts';
import { standingAt } from './replica-reads.ts';

/** How far a tenant's log reaches. */
export interface LogHead {
  readonly tenantId: TenantId;
  readonly epoch: string;
  readonly head: number;
}

/** A range of a log and the head it was read under. Epoch, head and events are from one snapshot. */
export interface LogRange {
  readonly epoch: string;
  readonly head: number;
  readonly events: readonly LogEvent[];
}

/**
 * Which events: those after `from` up to and including `to`, in order; the first `limit` of them, and of these as many
 * as fit into about 8 MB, but at least one.
 */
export interface RangeWanted {
  readonly tenantId: TenantId;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

const MAX_RANGE_BYTES = 8 * 1024 * 1024;
/** How many events back a member's version is looked up; a process may still hold that many. */
const VERSION_LOOKBACK = 2000;
const DEADLINE = { deadlineMs: 3000 } as const;
const READ = { ...DEADLINE, readOnly: true } as const;

/** All heads in one statement. Index: tenant_logs primary key. No locks. */
async function selectHeads(sql: Sql, tenantIds: readonly TenantId[]): Promise<LogHead[]> {
  return await sql<LogHead[]>`
    select tenant_id as "tenantId", epoch, head from tenant_logs where tenant_id = any(${[...tenantIds]}::uuid[])`;
}

/** One statement, so that head and events are consistent. Index: tenant_events primary key. No locks. */
async function selectRange(tx: Tx, wanted: RangeWanted): Promise<LogRange | null> {
  const { tenantId, from, to, limit } = wanted;
  const [row] = await tx<LogRange[]>`
    select l.epoch, l.head, coalesce((
      select json_agg(log_event_json(x.e) order by x.seq) from (
        select e, e.seq, sum(octet_length(e.data::text)) over
          (order by e.seq rows between unbounded preceding and 1 preceding) as bytes_before
        from tenant_events e
        where e.tenant_id = ${tenantId} and e.seq > ${from} and e.seq <= ${to} order by e.seq limit ${limit}) x
      where coalesce(x.bytes_before, 0) < ${MAX_RANGE_BYTES}), '[]'::json) as events
    from tenant_logs l where l.tenant_id = ${tenantId}`;
  return row ?? null;
}

/** Index: threads primary key. No locks. */
async function selectAssignees(
  tx: Tx,
  tenantId: TenantId,
  threadIds: readonly string[],
): Promise<{ readonly id: ThreadId; readonly assigneeId: string | null }[]> {
  return await tx<{ readonly id: ThreadId; readonly assigneeId: string | null }[]>`
    select id, assignee_id as "assigneeId" from threads
    where tenant_id = ${tenantId} and id = any(${[...threadIds]}::uuid[])`;
}

/** Walks at most 2,000 entries of the tenant_events primary key backwards. No locks. */
async function selectVersionAt(tx: Tx, member: MemberAt): Promise<number | null> {
  const { tenantId, memberId, seq } = member;
  const [row] = await tx<{ readonly version: number }[]>`
    select (e.data->>'version')::int as version from tenant_events e
    where e.tenant_id = ${tenantId} and e.seq <= ${seq} and e.seq > ${seq - VERSION_LOOKBACK}
      and e.type = 'member.updated' and e.data->'member'->>'id' = ${memberId}
    order by e.seq desc limit 1`;
  return row?.version ?? null;
}

/** A range that the log is known to have had when it reached `to`, in this epoch. */
export interface KnownRange extends RangeWanted {
  readonly epoch: string;
}

/** A member at a position of the log. */
export interface MemberAt {
  readonly tenantId: TenantId;
  readonly memberId: string;
  readonly seq: number;
}

/** The log as gateways read it. All methods reject as Database calls do. */
export interface LogReader {
  /** Heads of the tenants that exist, in no particular order. */
  heads(tenantIds: readonly TenantId[]): Promise<LogHead[]>;
  /**
   * Null when there is no such tenant. If the first event is above `from + 1`, the events between are no longer kept.
   */
  range(wanted: RangeWanted): Promise<LogRange | null>;
  /**
   * Like `range` for events that are known to exist: they never change, so a replica that has them will do. May end
   * before `to`.
   */
  knownRange(wanted: KnownRange): Promise<LogRange | null>;
  /** Current assignees; threads that do not exist are missing from the map. */
  assignees(tenantId: TenantId, threadIds: readonly string[]): Promise<Map<string, string | null>>;
  /** Version of a membership as last logged at or before `seq`; null when the recent log does not contain it. */
  versionAt(member: MemberAt): Promise<number | null>;
}

async function rangeOnReplica(replica: Replica, wanted: KnownRange): Promise<LogRange | null> {
  const { tenantId, epoch, to } = wanted;
  const found = await replica.read(tenantId, 'log.known_range', () =>
    Promise.resolve({
      standing: (tx) => standingAt(tx, tenantId, { epoch, seq: to }),
      work: (tx) => selectRange(tx, wanted),
    }),
  );
  return found?.value ?? null;
}

/**
 * Reads once for all who ask for the events after the same place while the read is under way, as the sockets of a node
 * that died do. Who asks for more than the first did gets that part of it.
 */
function oncePerPlace(
  read: (wanted: KnownRange) => Promise<LogRange | null>,
): (wanted: KnownRange) => Promise<LogRange | null> {
  const underWay = new Map<string, { readonly to: number; readonly found: Promise<LogRange | null> }>();
  return async (wanted) => {
    const { tenantId, epoch, from, to, limit } = wanted;
    const place = `${tenantId} ${epoch} ${String(from)} ${String(limit)}`;
    const other = underWay.get(place);
    if (other !== undefined && other.to <= to) return await other.found;
    const own = { to, found: read(wanted) };
    underWay.set(place, own);
    try {
      return await own.found;
    } finally {
      if (underWay.get(place) === own) underWay.delete(place);
    }
  };
}

/** Heads are read as the owner, because they span tenants; everything else under the tenant's row-level security. */
export function createLogReader(database: Database, replica: Replica | null = null): LogReader {
  const range = (wanted: RangeWanted): Promise<LogRange | null> =>
    database.asTenant(wanted.tenantId, 'log.range', (tx) => selectRange(tx, wanted), READ);
  return {
    heads: (tenantIds) => database.run('log.heads', (sql) => selectHeads(sql, tenantIds), DEADLINE),
    range,
    knownRange: oncePerPlace(
      async (wanted) => (replica === null ? null : await rangeOnReplica(replica, wanted)) ?? (await range(wanted)),
    ),
    assignees: async (tenantId, threadIds) => {
      if (threadIds.length === 0) return new Map();
      const rows = await database.asTenant(
        tenantId,
        'log.assignees',
        (tx) => selectAssignees(tx, tenantId, threadIds),
        READ,
      );
      return new Map(rows.map((row) => [row.id, row.assigneeId]));
    },
    versionAt: (member) =>
      database.asTenant(member.tenantId, 'log.version_at', (tx) => selectVersionAt(tx, member), READ),
  };
}
