/**
 * A tenant with people in every role, and an executor to act as them, for tests that run commands without a transport.
 */
import { createExecutor } from '../../src/inbox/execute.ts';
import type { Caller, ExecuteCommand } from '../../src/inbox/command.ts';
import type { MemberId, UserId } from '../../src/contract/ids.ts';
import type { AgentVisibility, Role } from '../../src/contract/entities.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { createTenant } from './ingest.ts';
import { silentLog } from './log.ts';
import { testRegistry } from './registry.ts';
import { PATIENCE_MS } from './wait.ts';

/** A member and the session to act with. */
export interface TestMember {
  readonly role: Role;
  readonly caller: Caller;
}

export interface Team {
  readonly account: Awaited<ReturnType<typeof createTenant>>;
  readonly members: Readonly<Record<'admin' | 'lead' | 'ana' | 'bruno', TestMember>>;
}

const ROLES = { admin: 'tenant_admin', lead: 'manager', ana: 'agent', bruno: 'agent' } as const;

/** One account and four members; nobody has a password. */
export async function createTeam(
  database: Database,
  visibility: AgentVisibility = 'own_and_unassigned',
): Promise<Team> {
  const account = await createTenant(database);
  const { tenantId } = account;
  await database.run(
    'test.visibility',
    (sql) => sql`update tenants set agent_visibility = ${visibility} where id = ${tenantId}`,
  );
  const entries = await Promise.all(
    Object.entries(ROLES).map(async ([name, role]) => {
      const userId = uuid7() as UserId;
      const memberId = uuid7() as MemberId;
      await database.transaction('test.member', async (tx) => {
        await tx`insert into users (id, email, display_name) values (${userId}, ${`${userId}@test.example`}, ${name})`;
        await tx`insert into tenant_members (tenant_id, id, user_id, display_name, role) values (${tenantId}, ${memberId}, ${userId}, ${name}, ${role})`;
      });
      const caller = { userId, tenantId, memberId, expiresAtMs: Number.MAX_SAFE_INTEGER, session: null };
      return [name, { role, caller }] as const;
    }),
  );
  return { account, members: Object.fromEntries(entries) as unknown as Team['members'] };
}

/** Runs commands; discards hints and jobs. */
export function createTestExecutor(database: Database): ExecuteCommand {
  return createExecutor({
    database,
    clock: systemClock,
    log: silentLog,
    registry: testRegistry(database),
    presence: { states: () => Promise.resolve(new Map()) },
    deadlineMs: PATIENCE_MS,
    hints: { publish: () => undefined },
    jobs: { append: () => Promise.resolve() },
  });
}
