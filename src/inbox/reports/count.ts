/** Keeps the figures of a tenant level with its log, or makes them anew from what is stored. */
import type { TenantId } from '../../contract/ids.ts';
import type { Database, Sql, Tx } from '../../platform/postgres.ts';
import { selectEvents, selectMergedThreads, selectStatusEntries, type CountedEvent } from './entries.ts';
import {
  addToSlots,
  deleteFigures,
  fillAudited,
  fillSlots,
  insertAudited,
  selectStandings,
  tellAnew,
  tellOn,
} from './figures.ts';
import { isLate, type Entry } from './turns.ts';

const BATCH = 2000;
const NIL = '00000000-0000-0000-0000-000000000000';
/** Conversations that are told anew at a time. */
const THREADS_AT_ONCE = 200;
const BATCH_DEADLINE_MS = 30_000;
const REBUILD_DEADLINE_MS = 1_800_000;

/** A tenant whose log says more than is counted; `events`: how many, or all of them where its figures are to be made anew. */
export interface Behind {
  readonly tenantId: TenantId;
  readonly events: number;
}

/** Which tenants have anything to count: all rows of two tables that have one of each tenant. Locks nothing. */
export async function selectBehind(sql: Sql): Promise<Behind[]> {
  return sql<Behind[]>`
    select l.tenant_id as "tenantId", case when c.epoch = l.epoch then l.head - c.seq else l.head end as events
    from tenant_logs l left join report_cursors c on c.tenant_id = l.tenant_id
    where l.head > 0 and (c.epoch is distinct from l.epoch or c.seq < l.head)
    order by l.tenant_id`;
}

interface Cursor {
  readonly epoch: string;
  readonly seq: number;
  readonly logEpoch: string;
  readonly head: number;
}

/**
 * Counts the next events of a tenant, at most 2,000; the cursor moves in the same transaction. Whoever finds the cursor held
 * leaves it to its holder. Resolves to whether there is more. What the log no longer has is counted from what is stored.
 */
export async function countNext(db: Database, tenantId: TenantId): Promise<boolean> {
  await db.run('reports.cursor', (sql) => insertCursor(sql, tenantId));
  const result = await db.transaction('reports.count', (tx) => countBatch(tx, tenantId), {
    deadlineMs: BATCH_DEADLINE_MS,
  });
  if (result !== 'anew') return result === 'more';
  await rebuild(db, tenantId);
  return false;
}

async function countBatch(tx: Tx, tenantId: TenantId): Promise<'more' | 'done' | 'anew'> {
  const cursor = await holdCursor(tx, tenantId, 'skip');
  if (cursor === null) return 'done';
  if (cursor.epoch !== cursor.logEpoch) return 'anew';
  const events = await selectEvents(tx, tenantId, { after: cursor.seq, to: cursor.head, limit: BATCH });
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return cursor.seq < cursor.head ? 'anew' : 'done';
  if (first.seq !== cursor.seq + 1) return 'anew';
  await countEvents(tx, tenantId, events);
  await moveCursor(tx, tenantId, { epoch: cursor.epoch, seq: last.seq, countedAt: last.at });
  return last.seq < cursor.head ? 'more' : 'done';
}

async function countEvents(tx: Tx, tenantId: TenantId, events: readonly CountedEvent[]): Promise<void> {
  const messages = events.flatMap(({ entry }) => (entry === null ? [] : [entry]));
  await addToSlots(tx, tenantId, messages);
  const { turns, moved } = await besideMessages(tx, tenantId, events);
  const entries = [...messages, ...turns];
  const found = await selectStandings(tx, tenantId, threadsOf(entries));
  const standings = new Map(found.map((standing) => [standing.threadId, standing]));
  const late = entries.filter((entry) => {
    const standing = standings.get(entry.threadId);
    return standing !== undefined && isLate(entry, standing);
  });
  const anew = new Set([...moved, ...threadsOf(late)]);
  await tellOn(
    tx,
    tenantId,
    standings,
    entries.filter(({ threadId }) => !anew.has(threadId)),
  );
  await tellAnew(tx, tenantId, [...anew]);
}

/** `turns`: changes of status that were not counted yet; they are facts from here on. `moved`: threads whose messages changed. */
interface Beside {
  readonly turns: readonly Entry[];
  readonly moved: readonly string[];
}

async function besideMessages(tx: Tx, tenantId: TenantId, events: readonly CountedEvent[]): Promise<Beside> {
  const threads = events.filter(({ type }) => type.startsWith('thread.'));
  const [first, last] = [threads[0], threads.at(-1)];
  if (first === undefined || last === undefined) return { turns: [], moved: [] };
  const stretch = { from: first.at, to: last.at };
  const statuses = await selectStatusEntries(tx, tenantId, stretch, threadsOf(threads));
  const turns = await insertAudited(tx, tenantId, statuses);
  const gone = threadsOf(threads.filter(({ type }) => type === 'thread.removed'));
  return { turns, moved: [...gone, ...(await selectMergedThreads(tx, tenantId, stretch))] };
}

function threadsOf(things: readonly { readonly threadId: string | null }[]): string[] {
  return [...new Set(things.flatMap(({ threadId }) => (threadId === null ? [] : [threadId])))];
}

/**
 * Makes all figures of a tenant anew from its messages and its audit log, and goes on from there: what the snapshot has is
 * what the log says up to its head. Waits for who counts. Resolves to the number of events that are counted then.
 */
export async function rebuild(db: Database, tenantId: TenantId): Promise<number> {
  await db.run('reports.cursor', (sql) => insertCursor(sql, tenantId));
  return await db.transaction('reports.rebuild', (tx) => rebuildIn(tx, tenantId), {
    isolation: 'repeatable read',
    deadlineMs: REBUILD_DEADLINE_MS,
  });
}

async function rebuildIn(tx: Tx, tenantId: TenantId): Promise<number> {
  const cursor = await holdCursor(tx, tenantId, 'wait');
  if (cursor === null) return 0;
  await deleteFigures(tx, tenantId);
  await fillSlots(tx, tenantId);
  await fillAudited(tx, tenantId);
  let after: string | null = null;
  for (;;) {
    const threadIds: string[] = await selectThreads(tx, tenantId, after);
    await tellAnew(tx, tenantId, threadIds);
    after = threadIds.at(-1) ?? null;
    if (threadIds.length < THREADS_AT_ONCE) break;
  }
  await moveCursor(tx, tenantId, { epoch: cursor.logEpoch, seq: cursor.head, countedAt: null });
  return cursor.head;
}

/** The next threads in the order of their ids. Index: threads primary key. Locks nothing. */
async function selectThreads(tx: Tx, tenantId: TenantId, after: string | null): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    select id from threads where tenant_id = ${tenantId} and id > ${after ?? NIL}::uuid order by id limit ${THREADS_AT_ONCE}`;
  return rows.map(({ id }) => id);
}

/** Index: report_cursors primary key decides. Locks a new row. */
async function insertCursor(sql: Sql, tenantId: TenantId): Promise<void> {
  await sql`insert into report_cursors (tenant_id) values (${tenantId}) on conflict do nothing`;
}

/**
 * The cursor, held until commit, beside the log; null without one. Indexes: primary keys of report_cursors and tenant_logs.
 * Locks the cursor.
 */
async function holdCursor(tx: Tx, tenantId: TenantId, whenHeld: 'skip' | 'wait'): Promise<Cursor | null> {
  const [row] = await tx<Cursor[]>`
    select c.epoch, c.seq, l.epoch as "logEpoch", l.head
    from report_cursors c join tenant_logs l on l.tenant_id = c.tenant_id
    where c.tenant_id = ${tenantId} for no key update of c ${whenHeld === 'skip' ? tx`skip locked` : tx``}`;
  return row ?? null;
}

/** `countedAt` null: now. Index: report_cursors primary key. The caller holds the row. */
async function moveCursor(
  tx: Tx,
  tenantId: TenantId,
  { epoch, seq, countedAt }: { readonly epoch: string; readonly seq: number; readonly countedAt: Date | null },
): Promise<void> {
  await tx`
    update report_cursors set epoch = ${epoch}, seq = ${seq}, counted_at = coalesce(${countedAt}::timestamptz, now())
    where tenant_id = ${tenantId}`;
}
