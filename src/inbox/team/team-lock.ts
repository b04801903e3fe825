/**
 * Who may change whom, decided on rows that are locked until commit, so that no business loses its last administrator.
 */
import type { Role } from '../../contract/entities.ts';
import { InboxError } from '../../contract/errors.ts';
import type { MemberId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { CommandContext } from '../command.ts';
import { abilityFor, type InboxAbility } from './ability.ts';
import type { MemberKey } from './live-member.ts';

interface LockedRow {
  readonly id: MemberId;
  readonly role: Role;
  readonly removed: boolean;
}

/** The member to be changed, locked. `isLastAdmin`: the business has no other administrator. */
export interface LockedMember extends LockedRow {
  readonly isLastAdmin: boolean;
}

/** Throws forbidden for callers who do not manage members. */
export function assertManagesMembers({ ability }: { readonly ability: InboxAbility }): void {
  if (!ability.can('manage', 'Members')) throw new InboxError('forbidden', 'Only administrators manage the team.');
}

/**
 * A member to be changed in this transaction, possibly a removed one. Throws not_found, and forbidden for callers who
 * do not manage members, or no longer do after waiting for the lock.
 */
export async function lockMember(context: CommandContext, memberId: MemberId): Promise<LockedMember> {
  assertManagesMembers(context);
  const { tx, caller, grant } = context;
  const rows = await lockWithAdmins(tx, { tenantId: caller.tenantId, memberId }, caller.memberId);
  const self = rows.find(({ id, removed }) => id === caller.memberId && !removed);
  if (self === undefined) throw new InboxError('forbidden', 'You are not a member of this team.');
  assertManagesMembers({ ability: abilityFor({ ...grant, memberId: self.id, role: self.role }) });
  const member = rows.find(({ id }) => id === memberId);
  if (member === undefined) throw new InboxError('not_found', 'There is no such member.');
  if (member.role === 'super_admin') {
    throw new InboxError('forbidden', 'Who runs the platform is managed by its operator.');
  }
  return { ...member, isLastAdmin: rows.every((one) => isLiveAdmin(one) === (one.id === memberId)) };
}

function isLiveAdmin({ role, removed }: LockedRow): boolean {
  return role === 'tenant_admin' && !removed;
}

/**
 * The member, the caller and every administrator, locked in id order. Of two administrators who demote each other, the
 * second waits and then sees what the first has done. Index: tenant_members primary key, by its tenant.
 */
async function lockWithAdmins(tx: Tx, { tenantId, memberId }: MemberKey, callerId: MemberId): Promise<LockedRow[]> {
  return tx<LockedRow[]>`
    select m.id, m.role, m.removed_at is not null as removed from tenant_members m
    where m.tenant_id = ${tenantId}
      and (m.id in (${memberId}, ${callerId}) or (m.role = 'tenant_admin' and m.removed_at is null))
    order by m.id for no key update`;
}
