/** A membership for live connections: loaded with its position in the log, followed in the log, and checked in bulk. */
import { z } from 'zod';
import type { AgentVisibility, Member, Role, Tenant, User } from '../../contract/entities.ts';
import { MemberId, type TenantId, type UserId } from '../../contract/ids.ts';
import type { LogEvent } from '../../contract/jobs.ts';
import type { Caller } from '../command.ts';
import { batched } from '../../platform/batched.ts';
import type { Database, Sql } from '../../platform/postgres.ts';

/** What decides a member's view; `version` grows with every change of role or membership. */
export interface LiveGrant {
  readonly memberId: MemberId;
  readonly role: Role;
  readonly agentVisibility: AgentVisibility;
  readonly version: number;
}

/** Everything that `ready` says about the connecting member; valid as of `head` of the log. */
export interface LiveMember {
  readonly grant: LiveGrant;
  readonly user: User;
  readonly member: Member;
  readonly tenant: Tenant;
  readonly epoch: string;
  readonly head: number;
  /** Generation of the user's sessions; lower ones have ended. */
  readonly sessionGeneration: number;
}

interface LiveMemberRow extends Omit<LiveMember, 'grant'> {
  /** Index of the request, from 1. */
  readonly n: number;
  readonly id: MemberId;
  readonly version: number;
}

/** Whose memberships to read: the one in a tenant, or all. */
export interface Knocking {
  readonly userId: UserId;
  readonly tenantId: TenantId | null;
}

/**
 * One snapshot. At most two rows per request, because two are already too many to choose from. Indexes:
 * tenant_members_by_user, primary keys of users, tenants, tenant_logs. No locks.
 */
async function selectLiveMembers(sql: Sql, asked: readonly Knocking[]): Promise<LiveMemberRow[]> {
  const userIds = asked.map((one) => one.userId);
  const tenantIds = asked.map((one) => one.tenantId);
  return await sql<LiveMemberRow[]>`
    select w.n, m.id, m.version, l.epoch, l.head, member_json(m) as member, u.session_generation as "sessionGeneration",
      json_build_object('id', u.id, 'email', u.email, 'displayName', u.display_name) as user,
      json_build_object('id', t.id, 'slug', t.slug, 'name', t.name, 'agentVisibility', t.agent_visibility) as tenant
    from unnest(${userIds}::uuid[], ${tenantIds}::uuid[]) with ordinality as w (user_id, tenant_id, n)
      cross join lateral (
        select x.tenant_id, x.id from tenant_members x
        where x.user_id = w.user_id and (w.tenant_id is null or x.tenant_id = w.tenant_id) and x.removed_at is null
        limit 2) x
      join tenant_members m on m.tenant_id = x.tenant_id and m.id = x.id
      join users u on u.id = w.user_id join tenants t on t.id = m.tenant_id
      join tenant_logs l on l.tenant_id = m.tenant_id`;
}

function toLiveMember(row: LiveMemberRow): LiveMember {
  const { epoch, head, user, member, tenant, sessionGeneration, id, version } = row;
  const grant = { memberId: id, role: member.role, agentVisibility: tenant.agentVisibility, version };
  return { epoch, head, user, member, tenant, sessionGeneration, grant };
}

async function loadLiveMembers(database: Database, asked: readonly Knocking[]): Promise<LiveMember[][]> {
  const rows = await database.run('members.live', (sql) => selectLiveMembers(sql, asked), { deadlineMs: 3000 });
  const found = asked.map((): LiveMember[] => []);
  for (const row of rows) found[row.n - 1]?.push(toLiveMember(row));
  return found;
}

/** Current memberships of a user, at most two. Rejects as Database calls do. */
export type ReadLiveMembers = (who: Knocking) => Promise<readonly LiveMember[]>;

/** Users who connect at about the same time share one statement. */
export function createLiveMemberReader(database: Database): ReadLiveMembers {
  return batched(
    (asked) => loadLiveMembers(database, asked),
    ({ userId, tenantId }) => `${userId} ${tenantId ?? ''}`,
  );
}

/** One row of the bulk check. */
export interface CheckedGrant extends LiveGrant {
  readonly tenantId: TenantId;
  readonly removed: boolean;
  readonly generation: number;
  readonly kept: string | null;
}

/** A membership. */
export interface MemberKey {
  readonly tenantId: TenantId;
  readonly memberId: MemberId;
}

/** Indexes: primary keys of tenant_members, tenants and users. No locks. */
async function selectGrants(sql: Sql, members: readonly MemberKey[]): Promise<CheckedGrant[]> {
  const tenantIds = members.map((one) => one.tenantId);
  const memberIds = members.map((one) => one.memberId);
  return await sql<CheckedGrant[]>`
    select m.tenant_id as "tenantId", m.id as "memberId", m.role, m.version, m.removed_at is not null as removed,
      t.agent_visibility as "agentVisibility", u.session_generation as generation, u.kept_session as kept
    from unnest(${tenantIds}::uuid[], ${memberIds}::uuid[]) as w (tenant_id, id)
      join tenant_members m on m.tenant_id = w.tenant_id and m.id = w.id join tenants t on t.id = m.tenant_id
      join users u on u.id = m.user_id`;
}

/** Grants of all the given members, of any tenants, in one statement; members missing from the answer do not exist. */
export async function checkGrants(database: Database, members: readonly MemberKey[]): Promise<CheckedGrant[]> {
  return await database.run('members.check', (sql) => selectGrants(sql, members), { deadlineMs: 10_000 });
}

/** The end of a member's sessions: all below `generation`, except `kept`, which continues with a newer token. */
export interface SessionsEnded {
  readonly kind: 'sessions';
  readonly memberId: string;
  readonly generation: number;
  readonly kept: string | null;
}

/** What happens to a live session. `lapse`: its token is no longer valid, but the session may send a newer one. */
export type SessionFate = 'unchanged' | 'lapse' | 'end';

/** Pure. */
export function fateOf({ memberId, session }: Caller, ended: SessionsEnded): SessionFate {
  if (memberId !== ended.memberId || session === null || session.generation >= ended.generation) return 'unchanged';
  return session.id !== null && session.id === ended.kept ? 'lapse' : 'end';
}

/** A logged change that can move a member into another audience class, or end their sessions. */
export type GrantChange =
  | SessionsEnded
  | {
      readonly kind: 'member';
      readonly memberId: string;
      readonly role: Role;
      readonly version: number;
      readonly removed: boolean;
    }
  | { readonly kind: 'tenant'; readonly agentVisibility: AgentVisibility };

const SessionsEndedData = z.object({ memberId: MemberId, generation: z.number(), kept: z.string().nullable() });

function sessionsEnded(data: LogEvent['data']): SessionsEnded | null {
  const parsed = SessionsEndedData.safeParse(data);
  return parsed.success ? { kind: 'sessions', ...parsed.data } : null;
}

/** The change of rights that a log event describes; null for all other events. Pure. */
export function grantChange(event: LogEvent): GrantChange | null {
  if (event.type === 'tenant.updated') {
    return { kind: 'tenant', agentVisibility: event.data['agentVisibility'] as AgentVisibility };
  }
  if (event.type === 'sessions.ended') return sessionsEnded(event.data);
  if (event.type !== 'member.updated') return null;
  const member = event.data['member'] as Member;
  const version = event.data['version'] as number;
  return { kind: 'member', memberId: member.id, role: member.role, version, removed: event.data['removed'] === true };
}

/** The grant after the change: the same object if nothing changes, null if the membership ended. Pure. */
export function changedGrant(grant: LiveGrant, change: GrantChange): LiveGrant | null {
  if (change.kind === 'tenant') {
    return change.agentVisibility === grant.agentVisibility
      ? grant
      : { ...grant, agentVisibility: change.agentVisibility };
  }
  if (change.kind === 'sessions' || change.memberId !== grant.memberId || change.version <= grant.version) return grant;
  return change.removed ? null : { ...grant, role: change.role, version: change.version };
}
