/** A tenant with people and conversations, and the ways the tests change them. */
import { randomUUID } from 'node:crypto';
import type { AgentVisibility } from '../../src/contract/entities.ts';
import type { TenantId, ThreadId } from '../../src/contract/ids.ts';
import { logChanges, type Change, type LoggedEvent } from '../../src/inbox/event-log.ts';
import { setAgentVisibility } from '../../src/inbox/tenants/admin.ts';
import type { Database, Tx } from '../../src/platform/postgres.ts';
import { apply, createTenant, message, part, person } from './ingest.ts';

export type TestTenant = Awaited<ReturnType<typeof createTenant>>;

let customers = 0;

/** A tenant whose agents see what `visibility` says. */
export async function createTeam(database: Database, visibility: AgentVisibility = 'own'): Promise<TestTenant> {
  const tenant = await createTenant(database, randomUUID());
  await database.run(
    'test.visibility',
    (sql) => sql`update tenants set agent_visibility = ${visibility} where id = ${tenant.tenantId}`,
  );
  return tenant;
}

/** A new customer writes; the thread is unassigned. */
export async function customerWrites(
  database: Database,
  tenant: TestTenant,
): Promise<{ readonly threadId: ThreadId; readonly logged: LoggedEvent[] }> {
  customers += 1;
  const chat = person(String(15_550_200_000 + customers), `Customer ${String(customers)}`);
  const logged = await apply(database, tenant, [part([message(tenant.channel, randomUUID(), { chat })])]);
  const created = logged.map(({ event }) => JSON.parse(event) as { type: string; threadId: ThreadId });
  const thread = created.find(({ type }) => type === 'thread.created');
  if (thread === undefined) throw new Error('no thread was made');
  return { threadId: thread.threadId, logged };
}

/** Moves a thread inside a transaction; the caller logs the change. Null when it has that assignee already. */
export async function moveThread(
  tx: Tx,
  tenantId: TenantId,
  move: { readonly threadId: string; readonly to: string | null },
): Promise<Change | null> {
  const [row] = await tx<{ before: string | null }[]>`
    select assignee_id as before from threads where tenant_id = ${tenantId} and id = ${move.threadId} for no key update`;
  if (row === undefined) return null;
  await tx`update threads set assignee_id = ${move.to}, version = version + 1
    where tenant_id = ${tenantId} and id = ${move.threadId}`;
  return { tenantId, type: 'thread.updated', id: move.threadId, threadId: move.threadId, before: row.before };
}

/** Assigns and commits. */
export async function assign(
  database: Database,
  tenantId: TenantId,
  move: { readonly threadId: string; readonly to: string | null },
): Promise<LoggedEvent[]> {
  return await database.transaction('test.assign', async (tx) => {
    const change = await moveThread(tx, tenantId, move);
    return await logChanges(tx, change === null ? [] : [change]);
  });
}

/** Logs `count` further versions of a thread, one transaction. */
export async function touch(
  database: Database,
  tenantId: TenantId,
  threadId: string,
  count = 1,
): Promise<LoggedEvent[]> {
  return await database.transaction('test.touch', async (tx) => {
    const [row] = await tx<{ before: string | null }[]>`
      update threads set version = version + 1 where tenant_id = ${tenantId} and id = ${threadId}
      returning assignee_id as before`;
    const change = { tenantId, type: 'thread.updated', id: threadId, threadId, before: row?.before ?? null } as const;
    return await logChanges(
      tx,
      Array.from({ length: count }, () => change),
    );
  });
}

/** Changes what agents may see. */
export async function setVisibility(
  database: Database,
  tenantId: TenantId,
  visibility: AgentVisibility,
): Promise<readonly LoggedEvent[]> {
  return await database.transaction('test.visibility', (tx) => setAgentVisibility(tx, tenantId, visibility));
}
