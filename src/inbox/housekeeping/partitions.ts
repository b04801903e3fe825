/**
 * Daily partitions of the event log and of the webhook journal: created ahead of time, dropped once they have expired.
 */
import type { Database, Sql, Tx } from '../../platform/postgres.ts';

/** A table with daily partitions. `keepMs`: how long every row stays readable at least. */
interface DailyTable {
  readonly table: 'tenant_events' | 'webhook_journal';
  readonly column: 'at' | 'received_at';
  readonly keepMs: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAYS_AHEAD = 3;

/** A partition is dropped once its newest row is older than `keepMs`; its oldest rows are then up to one day older. */
const TABLES: readonly DailyTable[] = [
  { table: 'tenant_events', column: 'at', keepMs: 72 * HOUR_MS },
  { table: 'webhook_journal', column: 'received_at', keepMs: 7 * DAY_MS },
];

/** What a round did: names of the tables created and dropped, and how many rows left the default partitions. */
export interface PartitionRound {
  readonly created: readonly string[];
  readonly dropped: readonly string[];
  readonly moved: number;
  readonly deleted: number;
}

/**
 * Creates the partitions from yesterday to three days ahead (UTC days). Rows that were written to the default partition
 * meanwhile are moved into the new one. Safe for any number of concurrent callers: they take turns under an advisory
 * lock, and the later ones find nothing to do. Inserts elsewhere in the table continue meanwhile. Rejects with the
 * driver's error; 55P03 means that a lock was not granted within 2 s, and is worth a retry.
 */
export async function ensurePartitions(db: Database, now: Date): Promise<Pick<PartitionRound, 'created' | 'moved'>> {
  const created: string[] = [];
  let moved = 0;
  for (const daily of TABLES) {
    for (let offset = -1; offset <= DAYS_AHEAD; offset += 1) {
      const day = startOfDay(now.getTime() + offset * DAY_MS);
      const made = await db.transaction('partitions.create', (tx) => createPartition(tx, daily, day));
      if (made === null) continue;
      created.push(partitionName(daily.table, day));
      moved += made.moved;
    }
  }
  return { created, moved };
}

/** Drops expired partitions, and deletes expired rows from the default partitions, at most 5,000 from each. */
export async function dropPartitions(db: Database, now: Date): Promise<Pick<PartitionRound, 'dropped' | 'deleted'>> {
  const dropped: string[] = [];
  let deleted = 0;
  for (const daily of TABLES) {
    const before = new Date(now.getTime() - daily.keepMs);
    for (const name of await db.run('partitions.list', (sql) => listPartitions(sql, daily.table))) {
      const day = dayOf(daily.table, name);
      if (day === null || day.getTime() + DAY_MS > before.getTime()) continue;
      if (await db.transaction('partitions.drop', (tx) => dropPartition(tx, name))) dropped.push(name);
    }
    deleted += await db.transaction('partitions.trim', (tx) => trimDefault(tx, daily, before));
  }
  return { dropped, deleted };
}

/** `tenant_events_20260131` */
export function partitionName(table: string, day: Date): string {
  return `${table}_${day.toISOString().slice(0, 10).replaceAll('-', '')}`;
}

function startOfDay(ms: number): Date {
  return new Date(Math.floor(ms / DAY_MS) * DAY_MS);
}

function dayOf(table: string, name: string): Date | null {
  const match = /_([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(name);
  if (match === null || !name.startsWith(`${table}_`)) return null;
  const day = new Date(`${match[1] ?? ''}-${match[2] ?? ''}-${match[3] ?? ''}T00:00:00.000Z`);
  return Number.isNaN(day.getTime()) ? null : day;
}

/**
 * Callers take turns. One that does not soon get a table's lock gives up instead of making everybody queue behind it.
 */
async function enter(tx: Tx): Promise<void> {
  await tx`select pg_advisory_xact_lock(hashtext('hunfly.partitions'))`;
  await tx`select set_config('lock_timeout', '2s', true)`;
}

/** Looks the name up in pg_class. */
async function exists(tx: Tx, name: string): Promise<boolean> {
  const [row] = await tx<{ found: boolean }[]>`select to_regclass(${name}) is not null as found`;
  return row?.found === true;
}

/**
 * Creates the table separately and then attaches it, which blocks only the default partition, not the whole table.
 * Before that it moves the day's rows out of the default partition, under a lock that keeps others from adding more.
 */
async function createPartition(tx: Tx, daily: DailyTable, day: Date): Promise<{ moved: number } | null> {
  const name = partitionName(daily.table, day);
  const next = new Date(day.getTime() + DAY_MS);
  await enter(tx);
  if (await exists(tx, name)) return null;
  const fallback = `${daily.table}_default`;
  await tx`create table ${tx(name)} (like ${tx(daily.table)} including all)`;
  await tx`lock table ${tx(daily.table)} in share update exclusive mode`;
  await tx`lock table ${tx(fallback)} in access exclusive mode`;
  const { count } = await tx`
    with taken as (
      delete from ${tx(fallback)} where ${tx(daily.column)} >= ${day} and ${tx(daily.column)} < ${next} returning *
    ) insert into ${tx(name)} select * from taken`;
  await tx`select set_config('hunfly.partition', ${[daily.table, name, day.toISOString(), next.toISOString()].join(' ')}, true)`;
  // Bounds of a partition must be literals; a setting carries them into the block.
  await tx`do $$
    declare v text[] := string_to_array(current_setting('hunfly.partition'), ' ');
    begin
      execute format('alter table %I attach partition %I for values from (%L) to (%L)', v[1], v[2], v[3], v[4]);
    end $$`;
  return { moved: count };
}

/** Children of the table, from pg_inherits; includes the default partition. */
async function listPartitions(sql: Sql, table: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = to_regclass(${table}) order by c.relname`;
  return rows.map((row) => row.name);
}

/** Locks the whole table for the moment of the drop. False if another process was faster. */
async function dropPartition(tx: Tx, name: string): Promise<boolean> {
  await enter(tx);
  if (!(await exists(tx, name))) return false;
  await tx`drop table ${tx(name)}`;
  return true;
}

/** Scans the default partition, which is empty unless partitions were missing. */
async function trimDefault(tx: Tx, daily: DailyTable, before: Date): Promise<number> {
  const fallback = `${daily.table}_default`;
  const { count } = await tx`
    delete from ${tx(fallback)} where ctid in (
      select ctid from ${tx(fallback)} where ${tx(daily.column)} < ${before} limit 5000)`;
  return count;
}
