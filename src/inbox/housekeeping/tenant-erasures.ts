/** Continues erasures of businesses, a bounded step at a time. */
import type { TenantId } from '../../contract/ids.ts';
import type { Sql, Tx } from '../../platform/postgres.ts';
import { publishHints } from '../hints.ts';
import { NIL_TENANT } from '../ingest/part.ts';
import { takeTenantStep, type ErasingTenant, type TenantSurroundings } from '../tenants/erase-steps.ts';
import type { ErasuresDeps } from './erasures.ts';
import type { Job } from './jobs.ts';

const AT_ONCE = 20;
const STEP_DEADLINE_MS = 60_000;

interface Deps extends Omit<ErasuresDeps, 'blobs'> {
  readonly nowMs: () => number;
}

/** Each step is one transaction: after a crash the next step starts from the last commit. */
export function tenantErasuresJob(deps: Deps): Job {
  // Each round takes the next erasures, so that those that have to wait do not block the others.
  let behind: string = NIL_TENANT;
  return {
    name: 'tenant-erasures',
    everyMs: 1000,
    full: 1,
    run: async () => {
      let done = 0;
      const running = await deps.db.run('tenant_erasures.running', (sql) => selectRunning(sql, behind));
      behind = running.length < AT_ONCE ? NIL_TENANT : (running.at(-1) ?? NIL_TENANT);
      for (const tenantId of running) {
        // A failure of one erasure must not stop the others.
        done += await goOn(deps, tenantId).catch((error: unknown) => {
          deps.log.warn({ err: error, tenantId }, 'The erasure of a business could not go on; it is tried again.');
          return 0;
        });
      }
      return done;
    },
  };
}

/** Index: tenant_erasures_running. Locks nothing. */
async function selectRunning(sql: Sql, behind: string): Promise<TenantId[]> {
  const rows = await sql<{ tenantId: TenantId }[]>`
    select tenant_id as "tenantId" from tenant_erasures
    where finished_at is null and tenant_id > ${behind} order by tenant_id limit ${AT_ONCE}`;
  return rows.map(({ tenantId }) => tenantId);
}

async function goOn({ db, log, hints, nowMs, arrivals }: Deps, tenantId: TenantId): Promise<number> {
  const around: TenantSurroundings = { nowMs: nowMs(), arrivals };
  const { moved, finished, logged } = await db.transaction('tenant_erasures.step', (tx) => step(tx, tenantId, around), {
    deadlineMs: STEP_DEADLINE_MS,
  });
  publishHints(hints, logged);
  if (finished) log.info({ tenantId }, 'A business was erased.');
  return moved ? 1 : 0;
}

/**
 * Index: tenant_erasures primary key. Locks the row; if another process has it locked, leaves the erasure to that one.
 */
async function step(
  tx: Tx,
  tenantId: TenantId,
  around: TenantSurroundings,
): Promise<Awaited<ReturnType<typeof takeTenantStep>>> {
  const [erasing] = await tx<ErasingTenant[]>`
    select tenant_id as "tenantId", requested_at as "requestedAt", stage, place from tenant_erasures
    where tenant_id = ${tenantId} and finished_at is null for update skip locked`;
  return erasing === undefined
    ? { moved: false, finished: false, logged: [] }
    : await takeTenantStep(tx, erasing, around);
}
