/** Reads on a replica. They count only if it has everything in the tenant's log that the reader may have been told. */
import type { Cursor } from '../contract/events.ts';
import { InboxError } from '../contract/errors.ts';
import type { TenantId } from '../contract/ids.ts';
import type { AnySql, Database, Tx } from '../platform/postgres.ts';
import type { Replica, Standing } from '../platform/postgres-replica.ts';
import type { Caller } from './command.ts';
import type { Admission } from './command-log.ts';
import { member } from './command-run.ts';

interface AskedRow extends Omit<Admission, 'stored'> {
  readonly epoch: string;
  readonly head: number;
}

/** Who asks, and the head of the log. Indexes: primary keys of tenant_members, tenants, tenant_logs. No locks. */
async function selectAsked(sql: AnySql, caller: Caller): Promise<AskedRow | null> {
  const rows = await sql<AskedRow[]>`
    select m.role, m.display_name as "displayName", m.version, t.agent_visibility as "agentVisibility", l.epoch, l.head
    from tenant_members m join tenants t on t.id = m.tenant_id join tenant_logs l on l.tenant_id = m.tenant_id
    where m.tenant_id = ${caller.tenantId} and m.id = ${caller.memberId} and m.user_id = ${caller.userId}
      and m.removed_at is null`;
  return rows[0] ?? null;
}

/**
 * Whether this server is a replica that has the log up to `least`. A transaction's data and its log entries become
 * visible together there, too. Index: tenant_logs primary key. No locks.
 */
export async function standingAt(tx: Tx, tenantId: TenantId, least: Cursor): Promise<Standing> {
  const [row] = await tx<
    { readonly isReplica: boolean; readonly epoch: string | null; readonly head: number | null }[]
  >`
    select pg_is_in_recovery() as "isReplica", l.epoch, l.head
    from (select) s left join tenant_logs l on l.tenant_id = ${tenantId}`;
  if (row?.isReplica !== true) return 'primary';
  return row.epoch === least.epoch && (row.head ?? 0) >= least.seq ? 'level' : 'behind';
}

/**
 * The same for a member's request, which also compares rights: the replica may be further than the primary was, and
 * what was written after a right was revoked must not be read with that right.
 */
async function standingFor(tx: Tx, caller: Caller, asked: AskedRow): Promise<Standing> {
  const least = { epoch: asked.epoch, seq: asked.head };
  const [standing, there] = await Promise.all([standingAt(tx, caller.tenantId, least), selectAsked(tx, caller)]);
  return standing === 'level' && !hasSameRights(there, asked) ? 'behind' : standing;
}

function hasSameRights(there: AskedRow | null, { role, agentVisibility }: AskedRow): boolean {
  return there?.role === role && there.agentVisibility === agentVisibility;
}

/** A read by a member. */
export interface MemberRead<T> {
  readonly caller: Caller;
  readonly name: string;
  readonly deadlineMs: number;
  /** Throws InboxError for a refusal, which counts as an answer. */
  readonly work: (tx: Tx, admission: Admission) => Promise<T>;
}

/**
 * Queries the primary's head after the request has come. So nothing is missing that anybody was told before, on any
 * node and by any way, and rights are current. Null: read on the primary. Throws refusals; rejects as Database calls
 * do.
 */
export async function readOnReplica<T>(
  { database, replica }: { readonly database: Database; readonly replica: Replica },
  { caller, name, deadlineMs, work }: MemberRead<T>,
): Promise<{ readonly value: T } | null> {
  const { tenantId } = caller;
  const found = await replica.read(tenantId, name, async () => {
    const asked = member(await database.run('log.asked', (sql) => selectAsked(sql, caller), { tenantId, deadlineMs }));
    return {
      standing: (tx) => standingFor(tx, caller, asked),
      work: (tx) => answerOf(work(tx, { ...asked, stored: null })),
    };
  });
  if (found === null) return null;
  if ('refusal' in found.value) throw found.value.refusal;
  return found.value;
}

async function answerOf<T>(work: Promise<T>): Promise<{ readonly value: T } | { readonly refusal: InboxError }> {
  try {
    return { value: await work };
  } catch (error) {
    if (error instanceof InboxError) return { refusal: error };
    throw error;
  }
}
