/** Display texts for roles and presence states. */
import type { PresenceState, Role } from '../../../src/contract/entities.ts';
import type { TeamRole } from '../../../src/contract/members.ts';

export const ROLES: Readonly<Record<Role, string>> = {
  tenant_admin: 'Administrator',
  manager: 'Manager',
  agent: 'Agent',
  super_admin: 'Platform',
};

/** The roles that can be assigned, and what each one may do. */
export const TEAM_ROLES: Readonly<Record<TeamRole, string>> = {
  agent: 'Answers customers; sees the conversations that the team shares with agents.',
  manager: 'Sees and assigns every conversation, and looks after the team.',
  tenant_admin: 'All that a manager does; manages numbers and members as well.',
};

export const STATES: Readonly<Record<PresenceState, string>> = {
  online: 'Online',
  busy: 'Busy',
  away: 'Away',
  offline: 'Offline',
};
