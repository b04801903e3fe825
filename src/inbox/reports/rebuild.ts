/** Makes the figures of a tenant anew from what is stored, one tenant at a time over all processes. */
import type { TenantId } from '../../contract/ids.ts';
import { classifyDatabaseError, type Database, type Tx } from '../../platform/postgres.ts';
import { fromBeginning } from './count.ts';
import { deleteFigures, fillAudited, fillSlots, tellAnew } from './figures.ts';

const NIL = '00000000-0000-0000-0000-000000000000';
/** Conversations that are told anew at a time. */
const THREADS_AT_ONCE = 200;
const DEADLINE_MS = 1_800_000;
/** What is due is made anew by the process that has this advisory lock, which ends with its transaction. */
const LOCK = 'hunfly.reports.rebuild';

/**
 * Makes all figures of a tenant anew from its messages and its audit log: what the snapshot has is what the log says up to
 * its head, from where counting goes on. Waits for who counts. Resolves to the number of events that are counted then.
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
      // Whoever held the cursor has moved it since the snapshot, which is as often as they are at it.
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

/** An attempt that is noted. `attempt` counts from 1. */
export interface Attempt {
  readonly tenantId: TenantId;
  readonly attempt: number;
}

/** Notes an attempt at the tenant whose turn it is, the one with the shortest log first; null without any, or while another is at work. */
export async function beginAttempt(db: Database): Promise<Attempt | null> {
  return await db.transaction('reports.attempt', async (tx) => ((await isFree(tx)) ? await noteAttempt(tx) : null));
}

/** Rejects when it fails; the attempt stays noted. Resolves to whether it was made: another may have come first, or be at it. */
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
 * After 1, 2, 4 … minutes, at most 12 h, it is tried again. All rows of two tables that have one of each tenant. Locks the
 * cursor; one that is held is passed over.
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

/** Where the log is. */
interface Log {
  readonly epoch: string;
  readonly head: number;
}

/** Holds the cursor until commit; null without one. Indexes: primary keys of report_cursors and tenant_logs. Locks the cursor. */
async function holdCursor(tx: Tx, tenantId: TenantId): Promise<Log | null> {
  const [row] = await tx<Log[]>`
    select l.epoch, l.head from report_cursors c join tenant_logs l on l.tenant_id = c.tenant_id
    where c.tenant_id = ${tenantId} for no key update of c`;
  return row ?? null;
}

/** Like it; null also where nothing is due any more, or another holds the cursor, who makes the figures anew or counts. */
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
