/** Which screens each role is offered. What they may do is decided by the server. */
import type { Role } from '../../../src/contract/entities.ts';
import type { Folder } from './selectors.ts';
import type { AppState, Screen } from './store.ts';

/** The current role. The inbox state follows changes; `me` is only as of the start of the connection. */
function roleOf({ me, machine }: AppState): Role | undefined {
  return me === null ? undefined : (machine.inbox.members.get(me.member.id) ?? me.member).role;
}

/** True for administrators of the tenant. */
export function isAdmin(state: AppState): boolean {
  return roleOf(state) === 'tenant_admin';
}

/** True for those who see everybody's conversations and manage the team. */
export function isLead(state: AppState): boolean {
  return isAdmin(state) || roleOf(state) === 'manager';
}

/** False for those who run the platform: only the team may read what customers write. */
export function seesConversations(state: AppState): boolean {
  return roleOf(state) !== 'super_admin';
}

/** Whether this person may export and erase everything that is stored about a customer. */
export function managesContacts(state: AppState): boolean {
  return isAdmin(state);
}

/** Whether this person may add, change and remove saved replies. */
export function managesSavedReplies(state: AppState): boolean {
  return isLead(state);
}

/** What a report shows this person: everybody's figures, only their own, or only how much came in and went out. */
export function reportedOn(state: AppState): 'everybody' | 'oneself' | 'usage' {
  if (isLead(state)) return 'everybody';
  return seesConversations(state) ? 'oneself' : 'usage';
}

/** Screens that only some roles may see. */
export type BoundScreen = Exclude<Screen, 'inbox' | 'reports'>;

const MAY_SEE: Readonly<Record<BoundScreen, (state: AppState) => boolean>> = {
  numbers: isAdmin,
  members: isAdmin,
  team: isLead,
  replies: managesSavedReplies,
};

/** Whether this person may see a screen besides the inbox. */
export function maySee(state: AppState, screen: Exclude<Screen, 'inbox'>): boolean {
  return screen === 'reports' || MAY_SEE[screen](state);
}

/**
 * Whether this person may hand a conversation from one member to another; null stands for nobody. Agents may take what
 * nobody has, and release their own.
 */
export function mayAssign(state: AppState, from: string | null, to: string | null): boolean {
  if (isLead(state)) return true;
  const { me } = state.machine.inbox;
  return to === me ? from === null || from === me : to === null && from === me;
}

/**
 * The requested screen if this person may not see it, or no longer; null when they may, or while the role is unknown.
 */
export function refusedScreen(state: AppState): BoundScreen | null {
  const { screen } = state.ui;
  if (screen === 'inbox' || screen === 'reports' || roleOf(state) === undefined) return null;
  return MAY_SEE[screen](state) ? null : screen;
}

/** The requested screen, or the inbox if it is refused. */
export function shownScreen(state: AppState): Screen {
  return refusedScreen(state) === null ? state.ui.screen : 'inbox';
}

const withoutColleague = <V extends { readonly folder: Folder }>(view: V): V =>
  typeof view.folder === 'string' ? view : { ...view, folder: 'all' };

/** Leaves a colleague's list, or a search in it, when the person is not a manager or administrator, or no longer. */
export function withinRole(state: AppState): AppState {
  const { ui } = state;
  const [view, scope] = [withoutColleague(ui.view), withoutColleague(ui.scope)];
  if ((view === ui.view && scope === ui.scope) || isLead(state)) return state;
  return { ...state, ui: { ...ui, view, scope } };
}
