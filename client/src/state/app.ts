/** The client's only store and actions object, and how they start. */
import { useRef, useSyncExternalStore } from 'react';
import { localNow } from '../clock.ts';
import { makeActions } from '../sync/actions.ts';
import { Feed } from '../sync/feed.ts';
import { loadSession } from '../sync/session.ts';
import { aimAt, type Aim } from './aim.ts';
import { followAddress, placeInAddress } from './address.ts';
import { takeFormerThings } from './former-keys.ts';
import { loadUi, persist } from './persist.ts';
import { shownScreen } from './role.ts';
import { INITIAL_APP, makeStore, type AppState } from './store.ts';

/** What the address names when the window starts. */
function aimInAddress(): Aim | null {
  const { threadId, messageId } = placeInAddress();
  return threadId === null || messageId === null ? null : aimAt(threadId, messageId);
}

export const store = makeStore(
  { ...INITIAL_APP, ui: { ...INITIAL_APP.ui, ...loadUi() }, aim: aimInAddress() },
  localNow,
);
export const actions = makeActions(store, new Feed(store));

/**
 * Resumes the saved session, if any, and starts to follow the address and to store drafts, unsent commands and
 * preferences.
 */
export function startApp(): void {
  persist(store);
  const show = followAddress(({ screen, threadId, messageId }) => {
    if (screen !== 'inbox') actions.goTo(screen);
    else if (threadId !== null && messageId !== null) actions.goToMessage(threadId, messageId);
    else actions.select(threadId);
  });
  store.subscribe(() => {
    const state = store.get();
    const threadId = state.ui.selectedId;
    const messageId = state.aim?.threadId === threadId ? state.aim.messageId : null;
    const place = { screen: shownScreen(state), threadId, messageId };
    show(place, place.screen === 'inbox' && place.threadId !== null && state.erased.has(place.threadId));
  });
  takeFormerThings(loadSession(0));
  const session = loadSession(localNow());
  if (session !== null) actions.resume(session);
}

/**
 * Reads a part of the state. The component renders again only when that part changes. Selectors that build new values
 * pass `isEqual`.
 */
export function useApp<T>(select: (state: AppState) => T, isEqual: (a: T, b: T) => boolean = Object.is): T {
  const last = useRef<{ state: AppState; select: (state: AppState) => T; value: T } | null>(null);
  return useSyncExternalStore(store.subscribe, () => {
    const state = store.get();
    if (last.current?.state === state && last.current.select === select) return last.current.value;
    const value = select(state);
    const kept = last.current !== null && isEqual(last.current.value, value) ? last.current.value : value;
    last.current = { state, select, value: kept };
    return kept;
  });
}

/** Compares lists item by item, for selectors that build arrays. */
export function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => Object.is(item, b[index])));
}
