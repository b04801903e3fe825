/** Who is offered which screens; what they may do is decided by the server. */
import type { Role } from '../../../src/contract/entities.ts';
import type { Folder } from './selectors.ts';
import type { AppState, Screen } from './store.ts';

/** As the inbox has it now: a connection is told only when it begins. */
function roleOf({ me, machine }: AppState): Role | undefined {
  return me === null ? undefined : (machine.inbox.members.get(me.member.id) ?? me.member).role;
}

/** True for administrators of the tenant. */
export function isAdmin(state: AppState): boolean {
  return roleOf(state) === 'tenant_admin';
}

/** True for who sees everybody's conversations and looks after the team. */
export function isLead(state: AppState): boolean {
  return isAdmin(state) || roleOf(state) === 'manager';
}

/** False for who looks after the platform: what customers write is for the team alone. */
export function seesConversations(state: AppState): boolean {
  return roleOf(state) !== 'super_admin';
}

/** Who may hand out and erase all that is stored of a customer. */
export function managesContacts(state: AppState): boolean {
  return isAdmin(state);
}

/** Whose figures a report has: everybody's, one's own alone, or no more than how much came and went. */
export function reportedOn(state: AppState): 'everybody' | 'oneself' | 'usage' {
  if (isLead(state)) return 'everybody';
  return seesConversations(state) ? 'oneself' : 'usage';
}

/** Screens that are not for everybody. */
export type BoundScreen = Exclude<Screen, 'inbox' | 'reports'>;

const MAY_SEE: Readonly<Record<BoundScreen, (state: AppState) => boolean>> = {
  numbers: isAdmin,
  members: isAdmin,
  team: isLead,
};

/** The screen that was gone to by somebody who may not see it, or no longer; null: they may, or it is not known yet. */
export function refusedScreen(state: AppState): BoundScreen | null {
  const { screen } = state.ui;
  if (screen === 'inbox' || screen === 'reports' || roleOf(state) === undefined) return null;
  return MAY_SEE[screen](state) ? null : screen;
}

/** The screen that was gone to, or the inbox in the place of a refused one. */
export function shownScreen(state: AppState): Screen {
  return refusedScreen(state) === null ? state.ui.screen : 'inbox';
}

const withoutColleague = <V extends { readonly folder: Folder }>(view: V): V =>
  typeof view.folder === 'string' ? view : { ...view, folder: 'all' };

/** Back from a colleague's list, and from a search in it, for who does not lead, or no longer. */
export function withinRole(state: AppState): AppState {
  const { ui } = state;
  const [view, scope] = [withoutColleague(ui.view), withoutColleague(ui.scope)];
  if ((view === ui.view && scope === ui.scope) || isLead(state)) return state;
  return { ...state, ui: { ...ui, view, scope } };
}
