/** Who is offered which screens; what they may do is decided by the server. */
import type { AppState } from '../state/store.ts';

/** True for administrators of the tenant. */
export function isAdmin(state: AppState): boolean {
  return state.me?.member.role === 'tenant_admin';
}

/** True for who sees everybody's conversations and looks after the team. */
export function isLead(state: AppState): boolean {
  return isAdmin(state) || state.me?.member.role === 'manager';
}
