/** The members of a tenant, as commands need them. */
import type { Member, PresenceState } from '../../contract/entities.ts';
import type { MemberId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';

/** Are all of these current members who may see customer threads? Index: tenant_members primary key. Lock: none. */
export async function areThreadWorkers(tx: Tx, tenantId: string, ids: readonly string[]): Promise<boolean> {
  const wanted = [...new Set(ids)];
  const rows = await tx<{ found: number }[]>`
    select count(*)::int as found from tenant_members m
    where m.tenant_id = ${tenantId} and m.id = any(${wanted}::uuid[]) and m.removed_at is null
      and m.role <> 'super_admin'`;
  return rows[0]?.found === wanted.length;
}

/**
 * The same for one who is about to be assigned a thread. They stay a member until commit, so that a removal finds that
 * thread among theirs. Index: tenant_members primary key. Lock: the member's row, shared.
 */
export async function holdThreadWorker(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const rows = await tx`
    select from tenant_members m
    where m.tenant_id = ${tenantId} and m.id = ${id} and m.removed_at is null and m.role <> 'super_admin'
    for share`;
  return rows.length > 0;
}

/** Current members by name, all shown as offline: see withStates. Index: tenant_members primary key. Lock: none. */
export async function listMembers(tx: Tx, tenantId: string): Promise<Member[]> {
  const rows = await tx<{ member: Member }[]>`
    select e.entity as member from tenant_members m
    join member_entities e on e.tenant_id = m.tenant_id and e.id = m.id
    where m.tenant_id = ${tenantId} and m.removed_at is null order by m.display_name, m.id`;
  return rows.map(({ member }) => member);
}

/** Adds the live state. */
export function withState(member: Member, states: ReadonlyMap<MemberId, PresenceState>): Member {
  return { ...member, state: states.get(member.id) ?? 'offline' };
}

/** The same for several. */
export function withStates(members: readonly Member[], states: ReadonlyMap<MemberId, PresenceState>): Member[] {
  return members.map((member) => withState(member, states));
}
