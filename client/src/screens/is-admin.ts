/** Who is offered the administrators' screens; what they may do is decided by the server. */
import type { AppState } from '../state/store.ts';

/** True for administrators of the tenant. */
export function isAdmin(state: AppState): boolean {
  return state.me?.member.role === 'tenant_admin';
}
