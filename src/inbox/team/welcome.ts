/** What a connection is greeted with: the person, the membership and the tenant, as they are now. */
import type { AgentVisibility, Member, Role, Tenant, User } from '../../contract/entities.ts';
import type { Database } from '../../platform/postgres.ts';
import type { Caller } from '../command.ts';

/** `version` grows with every change of the membership; live connections compare it. */
export interface Welcome {
  readonly user: User;
  readonly member: Member;
  readonly tenant: Tenant;
  readonly role: Role;
  readonly agentVisibility: AgentVisibility;
  readonly version: number;
}

/** Null when the membership does not exist or was removed. Indexes: primary keys. Lock: none. */
export async function loadWelcome(database: Database, caller: Caller): Promise<Welcome | null> {
  const rows = await database.run(
    'members.welcome',
    (sql) => sql<Welcome[]>`
      select json_build_object('id', u.id, 'email', u.email, 'displayName', u.display_name) as "user",
        member_json(m) as member,
        json_build_object('id', t.id, 'slug', t.slug, 'name', t.name, 'agentVisibility', t.agent_visibility) as tenant,
        m.role, t.agent_visibility as "agentVisibility", m.version
      from tenant_members m join tenants t on t.id = m.tenant_id join users u on u.id = m.user_id
      where m.tenant_id = ${caller.tenantId} and m.id = ${caller.memberId} and m.user_id = ${caller.userId}
        and m.removed_at is null`,
  );
  return rows[0] ?? null;
}
