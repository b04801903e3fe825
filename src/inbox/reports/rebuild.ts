/** Rebuilds the figures of a tenant from what is stored, one tenant at a time across all processes. */
import type { TenantId } from '../../contract/ids.ts';
import { classifyDatabaseError, type Database, type Tx } from '../../platform/postgres.ts';
import { fromBeginning } from './count.ts';
import { deleteFigures, fillAudited, fillSlots, tellAnew } from './figures.ts';

const NIL = '00000000-0000-0000-0000-000000000000';
/** Conversations that are recounted at a time. */
const THREADS_AT_ONCE = 200;
const DEADLINE_MS = 1_800_000;
/** Advisory lock of the process that rebuilds due tenants; it ends with its transaction. */
const LOCK = 'hunfly.reports.rebuild';

/**
 * Rebuilds all figures of a tenant from its messages and its audit log. The snapshot contains exactly what the log says
 * up to its head, from where counting continues. Waits for whoever is counting the tenant. Resolves to the number of
 * events that are counted then.
 */
export async function rebuild(db: Database, tenantId: TenantId): Promise<number> {
  await db.run(
    'reports.cursor',
    // Index: report_cursors primary key decides. Locks a new row.
    (sql) => sql`insert into report_cursors (tenant_id) values (${tenantId}) on conflict do nothing`,
  );
  const endMs = performance.now() + DEADLINE_MS;
  for (;;) {
    const deadlineMs = Math.max(1, endMs - performance.now());
    try {
      return await db.transaction('reports.rebuild', (tx) => waitAndRebuild(tx, tenantId), {
        isolation: 'repeatable read',
        deadlineMs,
      });
    } catch (error) {
      // Somebody else has moved the cursor since the snapshot, as happens whenever they count this tenant: try again.
      if (classifyDatabaseError(error) !== 'retry' || performance.now() >= endMs) throw error;
    }
  }
}

async function waitAndRebuild(tx: Tx, tenantId: TenantId): Promise<number> {
  await tx`select set_config('lock_timeout', '0', true)`;
  const log = await holdCursor(tx, tenantId);
  if (log === null) return 0;
  await rebuildIn(tx, tenantId, log);
  return log.head;
}

/** A recorded attempt. `attempt` counts from 1. */
export interface Attempt {
  readonly tenantId: TenantId;
  readonly attempt: number;
}

/**
 * Records an attempt at the next tenant, the one with the shortest log first; null if none is due, or while another is
 * being rebuilt.
 */
export async function beginAttempt(db: Database): Promise<Attempt | null> {
  return await db.transaction('reports.attempt', async (tx) => ((await isFree(tx)) ? await noteAttempt(tx) : null));
}

/**
 * Rejects if the rebuild fails; the attempt stays recorded. Resolves to whether the tenant was rebuilt here: another
 * process may have done it, or may be doing it.
 */
export async function makeAttempt(db: Database, { tenantId }: Attempt): Promise<boolean> {
  return await db.transaction(
    'reports.rebuild',
    async (tx) => {
      const log = (await isFree(tx)) ? await holdDue(tx, tenantId) : null;
      if (log !== null) await rebuildIn(tx, tenantId, log);
      return log !== null;
    },
    { isolation: 'repeatable read', deadlineMs: DEADLINE_MS },
  );
}

/** Takes the advisory lock until the transaction ends, unless another has it. */
async function isFree(tx: Tx): Promise<boolean> {
  const [row] = await tx<{ free: boolean }[]>`select pg_try_advisory_xact_lock(hashtextextended(${LOCK}, 0)) as free`;
  return row?.free === true;
}

/**
 * Records the attempt; the next one follows after 1, 2, 4 … minutes, at most 12 h. Reads two tables whole, with one row
 * per tenant. Locks the cursor, skipping locked ones.
 */
async function noteAttempt(tx: Tx): Promise<Attempt | null> {
  const [row] = await tx<Attempt[]>`
    update report_cursors c set attempts = c.attempts + 1,
      next_attempt_at = now() + least(interval '12 hours', interval '1 minute' * 2 ^ least(c.attempts, 20))
    where c.tenant_id = (
      select d.tenant_id from report_cursors d join tenant_logs l on l.tenant_id = d.tenant_id
      where d.epoch <> l.epoch and l.head > 0 and d.next_attempt_at <= now()
      order by d.attempts, l.head, d.tenant_id limit 1 for no key update of d skip locked)
    returning c.tenant_id as "tenantId", c.attempts as attempt`;
  return row ?? null;
}

/** The caller holds the cursor. */
async function rebuildIn(tx: Tx, tenantId: TenantId, log: Log): Promise<void> {
  await deleteFigures(tx, tenantId);
  await fillSlots(tx, tenantId);
  await fillAudited(tx, tenantId);
  let after: string | null = null;
  for (;;) {
    const threadIds: string[] = await selectThreads(tx, tenantId, after);
    await tellAnew(tx, tenantId, fromBeginning(threadIds));
    after = threadIds.at(-1) ?? null;
    if (threadIds.length < THREADS_AT_ONCE) break;
  }
  await moveCursor(tx, tenantId, log);
}

/** The next threads in the order of their ids. Index: threads primary key. Locks nothing. */
async function selectThreads(tx: Tx, tenantId: TenantId, after: string | null): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    select id from threads where tenant_id = ${tenantId} and id > ${after ?? NIL}::uuid order by id limit ${THREADS_AT_ONCE}`;
  return rows.map(({ id }) => id);
}

/** Position of a log. */
interface Log {
  readonly epoch: string;
  readonly head: number;
}

/**
 * Locks the cursor until commit; null if there is none. Indexes: primary keys of report_cursors and tenant_logs. Locks
 * the cursor.
 */
async function holdCursor(tx: Tx, tenantId: TenantId): Promise<Log | null> {
  const [row] = await tx<Log[]>`
    select l.epoch, l.head from report_cursors c join tenant_logs l on l.tenant_id = c.tenant_id
    where c.tenant_id = ${tenantId} for no key update of c`;
  return row ?? null;
}

/** Like holdCursor; also null if nothing is due any more, or somebody who counts or rebuilds has it locked. */
async function holdDue(tx: Tx, tenantId: TenantId): Promise<Log | null> {
  const [row] = await tx<Log[]>`
    select l.epoch, l.head from report_cursors c join tenant_logs l on l.tenant_id = c.tenant_id
    where c.tenant_id = ${tenantId} and c.epoch <> l.epoch for no key update of c skip locked`;
  return row ?? null;
}

/** Index: report_cursors primary key. The caller holds the row. */
async function moveCursor(tx: Tx, tenantId: TenantId, { epoch, head }: Log): Promise<void> {
  await tx`
    update report_cursors set epoch = ${epoch}, seq = ${head}, counted_at = now(), attempts = 0, next_attempt_at = '-infinity'
    where tenant_id = ${tenantId}`;
}
