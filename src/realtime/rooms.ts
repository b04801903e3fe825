/** Names of rooms, derived only from the verified session. Every name contains the tenant. */
import type { MemberId, TenantId } from '../contract/ids.ts';
import { threadScope, type InboxAbility } from '../inbox/team/ability.ts';

/** Connections of one audience class; they may get its durable frames unchanged. */
export function classRoom(tenantId: TenantId, hash: string): string {
  return `t:${tenantId}:c:${hash}`;
}

/** Every live connection of the tenant, for presence. */
export function tenantRoom(tenantId: TenantId): string {
  return `t:${tenantId}`;
}

const everyThread = (tenantId: TenantId): string => `t:${tenantId}:all`;
const unassigned = (tenantId: TenantId): string => `t:${tenantId}:unassigned`;
const memberRoom = (tenantId: TenantId, memberId: string): string => `t:${tenantId}:m:${memberId}`;

/** Connections that fell behind; ephemeral frames leave them out. */
export const SLOW_ROOM = 'slow';

/**
 * Where typing and viewing of a thread go: to exactly the members who may see a thread with this assignee. The first
 * room is the same for all threads of a business.
 */
export function threadRooms(tenantId: TenantId, assigneeId: string | null): [string, string] {
  return [everyThread(tenantId), assigneeId === null ? unassigned(tenantId) : memberRoom(tenantId, assigneeId)];
}

/** The rooms a connection joins besides the class room. A member who sees no threads joins no thread rooms. */
export function roomsOf(
  who: { readonly tenantId: TenantId; readonly memberId: MemberId },
  ability: InboxAbility,
): string[] {
  const scope = threadScope(ability);
  return [
    tenantRoom(who.tenantId),
    ...(scope.all ? [everyThread(who.tenantId)] : []),
    ...(scope.unassigned ? [unassigned(who.tenantId)] : []),
    ...(scope.assigneeIds.includes(who.memberId) ? [memberRoom(who.tenantId, who.memberId)] : []),
  ];
}
