/** Writes of memberships: by the operator as the owner of the schema, by administrators as their tenant's role. */
import type { Role } from '../../contract/entities.ts';
import { InboxError } from '../../contract/errors.ts';
import type { MemberId, UserId } from '../../contract/ids.ts';
import type { Database, Tx } from '../../platform/postgres.ts';
import type { AuditEntry } from '../command.ts';
import { logChanges, type Change, type LoggedEvent } from '../event-log.ts';
import type { MemberKey } from './live-member.ts';

/** A person who joins a tenant; `email` is only for the refusal. */
export interface Joining {
  readonly tenantId: string;
  readonly userId: UserId;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

/** Names of changes in the audit log. */
export type MemberAction =
  | 'member.added'
  | 'member.role_set'
  | 'member.removed'
  | 'member.password_changed'
  | 'member.password_reset'
  | 'member.password_set';

/** Threads released by one transaction, so that none holds the tenant's counter for long. */
const RELEASE_BATCH = 200;

/**
 * Also lets a removed member back in. Throws conflict for a current one. Index: tenant_members_user_key. Lock: the
 * member's row.
 */
export async function upsertMember(tx: Tx, { tenantId, userId, email, name, role }: Joining): Promise<MemberId> {
  const rows = await tx<{ id: MemberId }[]>`
    insert into tenant_members as m (tenant_id, user_id, display_name, role)
    values (${tenantId}, ${userId}, ${name}, ${role})
    on conflict on constraint tenant_members_user_key do update
      set display_name = excluded.display_name, role = excluded.role, removed_at = null, version = m.version + 1
      where m.removed_at is not null
    returning m.id`;
  const id = rows[0]?.id;
  if (id === undefined) throw new InboxError('conflict', `${email} is a member already.`);
  return id;
}

/** Index: tenant_members primary key. Lock: the member's row. */
export async function writeRole(tx: Tx, { tenantId, memberId }: MemberKey, role: Role): Promise<void> {
  await tx`
    update tenant_members set role = ${role}, version = version + 1
    where tenant_id = ${tenantId} and id = ${memberId}`;
}

/** Index: tenant_members primary key. Lock: the member's row. */
export async function writeRemoval(tx: Tx, { tenantId, memberId }: MemberKey): Promise<void> {
  await tx`
    update tenant_members set removed_at = now(), version = version + 1
    where tenant_id = ${tenantId} and id = ${memberId}`;
}

/** Unassigns the member's open threads, batch by batch. */
export async function releaseThreads(database: Database, member: MemberKey): Promise<LoggedEvent[]> {
  const logged: LoggedEvent[] = [];
  for (;;) {
    const batch = await database.transaction('admin.release_threads', async (tx) =>
      logChanges(tx, await releaseBatch(tx, member)),
    );
    logged.push(...batch);
    if (batch.length < RELEASE_BATCH) return logged;
  }
}

/**
 * Unassigns the first threads of the member, at most a batch; none if they are back in the team. Locks them in id
 * order. Indexes: threads_open_by_assignee, tenant_members primary key.
 */
export async function releaseBatch(tx: Tx, { tenantId, memberId }: MemberKey): Promise<Change[]> {
  const rows = await tx<{ id: string }[]>`
    update threads t set assignee_id = null, version = t.version + 1
    from (
      select l.id from threads l
      where l.tenant_id = ${tenantId} and l.assignee_id = ${memberId} and l.status <> 'resolved'
        and exists (select from tenant_members m
          where m.tenant_id = ${tenantId} and m.id = ${memberId} and m.removed_at is not null)
      order by l.id limit ${RELEASE_BATCH} for no key update) locked
    where t.tenant_id = ${tenantId} and t.id = locked.id
    returning t.id`;
  return rows.map(({ id }) => ({ tenantId, type: 'thread.updated', id, threadId: id, before: memberId }));
}

/** The change that tells everybody about a member. */
export function memberChanged({ tenantId, memberId }: MemberKey): Change {
  return { tenantId, type: 'member.updated', id: memberId, threadId: null, before: null };
}

/** The change that ends the sessions of a member whose password was changed; only gateways are told. */
export function sessionsEnded({ tenantId, memberId }: MemberKey): Change {
  return { tenantId, type: 'sessions.ended', id: memberId, threadId: null, before: null };
}

/** The entry in the audit log. `role`: the current one, null for none. */
export function memberEntry(action: MemberAction, memberId: MemberId, role: Role | null): AuditEntry {
  return { action, subjectType: 'member', subjectId: memberId, details: { role } };
}
