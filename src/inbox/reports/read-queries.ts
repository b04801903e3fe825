/** Reads figures by the days of a range and by member. */
import type { MemberId, TenantId, UserId } from '../../contract/ids.ts';
import type { Instant } from '../../contract/instant.ts';
import type { Tx } from '../../platform/postgres.ts';

/** Whose figures: everybody's, or one member's. `bounds`: when each day begins, and when the last one ends. */
export interface Wanted {
  readonly tenantId: TenantId;
  readonly memberId: MemberId | null;
  readonly bounds: readonly Date[];
}

/**
 * `day`: its number in the range, from 1; null for the whole range. `memberId` null: figures of nobody, or of everybody
 * on that day.
 */
interface Grouped {
  readonly day: number | null;
  readonly memberId: MemberId | null;
  readonly isMember: boolean;
}

/** Messages: of a day, of a member, or in total. */
export interface SlotRow extends Grouped {
  readonly received: number;
  readonly sent: number;
}

/** Index: report_slots_key. Locks nothing. */
export async function selectSlots(tx: Tx, { tenantId, memberId, bounds }: Wanted): Promise<SlotRow[]> {
  const starts = bounds.map((bound) => bound.toISOString());
  return tx<SlotRow[]>`
    with b as materialized (select ${starts}::text[]::timestamptz[] as starts)
    select x.day, x.member_id as "memberId", grouping(x.member_id) = 0 as "isMember",
      coalesce(sum(x.received), 0) as received, coalesce(sum(x.sent), 0) as sent
    from (
      select width_bucket(s.slot, b.starts) as day, s.member_id, s.received, s.sent
      from b cross join report_slots s
      where s.tenant_id = ${tenantId} and s.slot >= ${bounds[0] ?? null} and s.slot < ${bounds.at(-1) ?? null}
        and (${memberId}::uuid is null or s.member_id = ${memberId})) x
    group by grouping sets ((x.day), (x.member_id), ())`;
}

/** Facts: of a day, of a member, or in total. */
export interface FactRow extends Grouped {
  readonly begun: number;
  readonly resolved: number;
  readonly answered: number;
  /** Percentiles of the waits; null if there were none. */
  readonly p50: number | null;
  readonly p90: number | null;
}

/** Index: report_facts_by_time. Locks nothing. */
export async function selectFacts(tx: Tx, { tenantId, memberId, bounds }: Wanted): Promise<FactRow[]> {
  const starts = bounds.map((bound) => bound.toISOString());
  return tx<FactRow[]>`
    with b as materialized (select ${starts}::text[]::timestamptz[] as starts)
    select x.day, x.member_id as "memberId", grouping(x.member_id) = 0 as "isMember",
      count(*) filter (where x.kind = 'begun') as begun, count(*) filter (where x.kind = 'resolved') as resolved,
      count(*) filter (where x.kind = 'answered') as answered,
      percentile_disc(0.5) within group (order by x.wait_ms) as p50,
      percentile_disc(0.9) within group (order by x.wait_ms) as p90
    from (
      select width_bucket(f.at, b.starts) as day, f.member_id, f.kind, f.wait_ms
      from b cross join report_facts f
      where f.tenant_id = ${tenantId} and f.at >= ${bounds[0] ?? null} and f.at < ${bounds.at(-1) ?? null}
        and (${memberId}::uuid is null or f.member_id = ${memberId})) x
    group by grouping sets ((x.day), (x.member_id), ())`;
}

/** A member, including removed ones. */
export interface PersonRow {
  readonly memberId: MemberId;
  readonly userId: UserId;
  readonly displayName: string;
  readonly removed: boolean;
}

/** By name. Index: tenant_members primary key. Locks nothing. */
export async function selectPeople(
  tx: Tx,
  tenantId: TenantId,
  memberIds: readonly MemberId[],
): Promise<readonly PersonRow[]> {
  return tx<PersonRow[]>`
    select m.id as "memberId", m.user_id as "userId", m.display_name as "displayName",
      m.removed_at is not null as removed
    from tenant_members m where m.tenant_id = ${tenantId} and m.id = any(${[...memberIds]}::uuid[])
    order by m.display_name, m.id`;
}

/**
 * Up to when the log is counted: now if all of it is; null if nothing has been counted yet, or while the figures wait
 * for a rebuild. Indexes: primary keys of tenant_logs and report_cursors. Locks nothing.
 */
export async function selectCountedUntil(tx: Tx, tenantId: TenantId): Promise<Instant | null> {
  const [row] = await tx<{ until: Instant | null }[]>`
    select iso(case when l.head = 0 or c.epoch = l.epoch and c.seq = l.head then now()
      when c.epoch = l.epoch then c.counted_at end) as until
    from tenant_logs l left join report_cursors c on c.tenant_id = l.tenant_id where l.tenant_id = ${tenantId}`;
  return row?.until ?? null;
}
