/** The client's only store and actions object, and how they start. */
import { useRef, useSyncExternalStore } from 'react';
import { localNow } from '../clock.ts';
import { makeActions } from '../sync/actions.ts';
import { Feed } from '../sync/feed.ts';
import { loadSession } from '../sync/session.ts';
import { followAddress } from './address.ts';
import { takeFormerThings } from './former-keys.ts';
import { loadUi, persist } from './persist.ts';
import { shownScreen } from './role.ts';
import { INITIAL_APP, makeStore, type AppState } from './store.ts';

export const store = makeStore({ ...INITIAL_APP, ui: { ...INITIAL_APP.ui, ...loadUi() } }, localNow);
export const actions = makeActions(store, new Feed(store));

/**
 * Resumes the saved session, if any, and starts to follow the address and to store drafts, unsent commands and
 * preferences.
 */
export function startApp(): void {
  persist(store);
  const show = followAddress(({ screen, threadId }) => {
    if (screen === 'inbox') actions.select(threadId);
    else actions.goTo(screen);
  });
  store.subscribe(() => {
    const state = store.get();
    const place = { screen: shownScreen(state), threadId: state.ui.selectedId };
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
