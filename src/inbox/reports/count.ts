/** Keeps tenants' figures level with their logs. */
import type { TenantId } from '../../contract/ids.ts';
import { groupBy } from '../../lib/group-by.ts';
import type { Database, Sql, Statement, Tx } from '../../platform/postgres.ts';
import type { Place } from './entries.ts';
import { selectPlaces, tellAnew, tellOn, writeTold, type ToldOf } from './figures.ts';
import { takeNews, type TurningThread, type Whose } from './news.ts';
import { isLate, isMoreOfWait, type Entry, type Standing } from './turns.ts';

const DEADLINE_MS = 30_000;

/** `more`: there is more to count. `backlog`: events not counted yet; for a tenant to be rebuilt, all of its events. */
export interface Round {
  readonly more: boolean;
  readonly backlog: number;
}

/**
 * Counts the next events of tenants that are behind; their cursors move in the same transaction. A cursor that somebody
 * else has locked is left to them. Three round trips to Postgres, and more only if conversations are recounted.
 */
export async function countNext(db: Database, whose: Whose = {}): Promise<Round> {
  return await db.transaction('reports.count', (tx) => countIn(tx, whose), { deadlineMs: DEADLINE_MS });
}

async function countIn(tx: Tx, whose: Whose): Promise<Round> {
  const { threads, more } = await takeNews(tx, whose);
  const told: ToldOf[number][] = [];
  for (const [tenantId, own] of groupBy(threads, ({ tenantId }) => tenantId)) {
    const { next, again, late } = byPlace(own);
    const standings = new Map(
      own.flatMap(({ standing }) => (standing === null ? [] : [[standing.threadId, standing]])),
    );
    told.push({ tenantId, ...tellOn(standings, next) });
    const places = late.length === 0 ? [] : await selectPlaces(tx, tenantId, late);
    await tellAnew(tx, tenantId, [...places, ...fromBeginning(again)]);
  }
  const [row] = await tx.finish(writeTold(tx, told), backlogStatement(tx));
  return { more, backlog: row?.events ?? 0 };
}

/**
 * Entries that simply continue, conversations to be recounted from their beginning, and late entries, whose
 * conversations go back.
 */
interface Placed {
  readonly next: readonly Entry[];
  readonly again: readonly string[];
  readonly late: readonly Entry[];
}

function byPlace(threads: readonly TurningThread[]): Placed {
  const moved = threads.filter((thread) => thread.moved);
  const others = threads
    .filter((thread) => !thread.moved)
    .map(({ entries, standing }) => ({
      late: entries.filter((entry) => isToTellAgain(entry, standing)),
      entries,
      standing,
    }));
  return {
    next: others.flatMap(({ late, entries, standing }) =>
      late.length > 0 ? [] : entries.filter((entry) => standing === null || !isLate(entry, standing)),
    ),
    again: moved.map(({ threadId }) => threadId),
    late: others.flatMap(({ late }) => late),
  };
}

function isToTellAgain(entry: Entry, standing: Standing | null): boolean {
  return standing !== null && isLate(entry, standing) && !isMoreOfWait(entry, standing);
}

/** Positions for recounting conversations from their beginning. */
export function fromBeginning(threadIds: readonly string[]): Place[] {
  return threadIds.map((threadId) => ({ threadId, lastAt: null, lastId: null }));
}

/** Tenants that have anything to count. Reads two tables whole, with one row per tenant. Locks nothing. */
export async function selectBehind(sql: Sql): Promise<TenantId[]> {
  const rows = await sql<{ tenantId: TenantId }[]>`
    select l.tenant_id as "tenantId" from tenant_logs l left join report_cursors c on c.tenant_id = l.tenant_id
    where l.head > 0 and (c.tenant_id is null or c.epoch = l.epoch and c.seq < l.head) order by l.tenant_id`;
  return rows.map(({ tenantId }) => tenantId);
}

/** Reads two tables whole, with one row per tenant. Locks nothing. */
function backlogStatement(tx: Tx): Statement<{ events: number }[]> {
  return tx<{ events: number }[]>`
    select coalesce(sum(case when c.epoch = l.epoch then l.head - c.seq else l.head end), 0)::bigint as events
    from tenant_logs l left join report_cursors c on c.tenant_id = l.tenant_id`;
}
