/** Statements on users and their memberships across tenants; run as the owner, before a tenant is known. */
import type { AgentVisibility, Role, User } from '../../contract/entities.ts';
import type { MemberId, TenantId, UserId } from '../../contract/ids.ts';
import type { Database } from '../../platform/postgres.ts';

/** A user with the hash of their password; null without a password of ours. */
export interface UserRow extends User {
  readonly passwordHash: string | null;
}

/** `email` is lower case. Index: users_email_key. Lock: none. */
export async function findUserByEmail(database: Database, email: string): Promise<UserRow | null> {
  const rows = await database.run(
    'users.by_email',
    (sql) => sql<UserRow[]>`
      select u.id, u.email, u.display_name as "displayName", u.password_hash as "passwordHash"
      from users u where u.email = ${email}`,
  );
  return rows[0] ?? null;
}

/** Index: users primary key. Lock: none. */
export async function findUser(database: Database, userId: string): Promise<UserRow | null> {
  const rows = await database.run(
    'users.by_id',
    (sql) => sql<UserRow[]>`
      select u.id, u.email, u.display_name as "displayName", u.password_hash as "passwordHash"
      from users u where u.id = ${userId}`,
  );
  return rows[0] ?? null;
}

/** Index: users primary key. Lock: the user's row. */
export async function writePasswordHash(database: Database, userId: UserId, hash: string): Promise<void> {
  await database.run('users.set_password', (sql) => sql`update users set password_hash = ${hash} where id = ${userId}`);
}

/** A live membership with its tenant. */
export interface Membership {
  readonly tenantId: TenantId;
  readonly slug: string;
  readonly name: string;
  readonly agentVisibility: AgentVisibility;
  readonly memberId: MemberId;
  readonly role: Role;
  readonly version: number;
}

/** Live memberships of a user, oldest first, at most 200. Index: tenant_members_by_user. Lock: none. */
export async function listMemberships(database: Database, userId: string): Promise<Membership[]> {
  return database.run(
    'members.by_user',
    (sql) => sql<Membership[]>`
      select m.tenant_id as "tenantId", t.slug, t.name, t.agent_visibility as "agentVisibility", m.id as "memberId",
        m.role, m.version
      from tenant_members m join tenants t on t.id = m.tenant_id
      where m.user_id = ${userId} and m.removed_at is null
      order by m.created_at, m.tenant_id limit 200`,
  );
}
