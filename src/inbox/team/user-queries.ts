/** Statements on users and their memberships across tenants; run as the owner, before a tenant is known. */
import type { AgentVisibility, Role, User } from '../../contract/entities.ts';
import type { MemberId, TenantId } from '../../contract/ids.ts';
import type { Database } from '../../platform/postgres.ts';

/** A user with the hash of their password; null without a password of ours. */
export interface UserRow extends User {
  readonly passwordHash: string | null;
  /** Incremented by every change of the password; tokens of an earlier generation are invalid. */
  readonly sessionGeneration: number;
}

/** `email` is lower case. Index: users_email_key. Lock: none. */
export async function findUserByEmail(database: Database, email: string): Promise<UserRow | null> {
  const rows = await database.run(
    'users.by_email',
    (sql) => sql<UserRow[]>`
      select u.id, u.email, u.display_name as "displayName", u.password_hash as "passwordHash",
        u.session_generation as "sessionGeneration"
      from users u where u.email = ${email}`,
  );
  return rows[0] ?? null;
}

/** Index: users primary key. Lock: none. */
export async function findUser(database: Database, userId: string): Promise<UserRow | null> {
  const rows = await database.run(
    'users.by_id',
    (sql) => sql<UserRow[]>`
      select u.id, u.email, u.display_name as "displayName", u.password_hash as "passwordHash",
        u.session_generation as "sessionGeneration"
      from users u where u.id = ${userId}`,
  );
  return rows[0] ?? null;
}

/** A current membership with its tenant. */
export interface Membership {
  readonly tenantId: TenantId;
  readonly slug: string;
  readonly name: string;
  readonly agentVisibility: AgentVisibility;
  readonly memberId: MemberId;
  readonly role: Role;
  readonly version: number;
  /** The generation of the user's sessions. */
  readonly sessionGeneration: number;
}

/**
 * Current memberships of a user, oldest first, at most 200. Indexes: tenant_members_by_user, primary keys of tenants
 * and users. Lock: none.
 */
export async function listMemberships(database: Database, userId: string): Promise<Membership[]> {
  return database.run(
    'members.by_user',
    (sql) => sql<Membership[]>`
      select m.tenant_id as "tenantId", t.slug, t.name, t.agent_visibility as "agentVisibility", m.id as "memberId",
        m.role, m.version, u.session_generation as "sessionGeneration"
      from tenant_members m join tenants t on t.id = m.tenant_id join users u on u.id = m.user_id
      where m.user_id = ${userId} and m.removed_at is null
      order by m.created_at, m.tenant_id limit 200`,
  );
}
