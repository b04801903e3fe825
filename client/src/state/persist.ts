/**
 * What outlives a reload. `localStorage`: drafts, theme, details open, folder and order. `sessionStorage`: unanswered commands of
 * this window, sent again with their ids after a reload. Drafts and commands are of one person in one inbox. Writes are
 * put off a little.
 */
import { markDisconnected, type Entry, type Outbox } from '../sync/outbox.ts';
import { placeInAddress } from './address.ts';
import { followDrafts, loadDrafts, saveDrafts, withDraft } from './kept-drafts.ts';
import { DEFAULT_VIEW } from './selectors.ts';
import { readKept, writeKept } from './storage.ts';
import type { AppState, Draft, SavedSession, Store, UiState } from './store.ts';

const UI = 'hunfly.ui';
/** From this width on, in CSS pixels, the details have a column of their own. */
export const DETAILS_MIN_PX = 1200;
const WRITE_DELAY_MS = 250;

const isWide = (): boolean => innerWidth >= DETAILS_MIN_PX;

const keptDetails = (): boolean => (readKept(localStorage, UI) as Partial<UiState> | null)?.isDetailsOpen !== false;

/** The kept preferences. */
export function loadUi(): Partial<UiState> {
  const kept = readKept(localStorage, UI) as Partial<UiState> | null;
  const { screen, threadId } = placeInAddress();
  const isDetailsOpen = isWide() && keptDetails();
  const view = { ...DEFAULT_VIEW, ...kept?.view };
  return { ...kept, view, isDetailsOpen, screen, selectedId: threadId };
}

/** Where the commands of this person in this inbox are kept. */
export const outboxKeyOf = (owner: string): string => `hunfly.outbox/${owner}`;

/** Commands this window had not seen answered. */
function loadOutbox(owner: string): Outbox {
  return markDisconnected((readKept(sessionStorage, outboxKeyOf(owner)) as Entry[] | null) ?? []);
}

/** Whose drafts and commands those of this session are; null before an inbox is chosen. */
export const ownerOf = ({ user, tenantId }: SavedSession): string | null =>
  tenantId === null ? null : `${user.id}/${tenantId}`;

/**
 * What somebody who begins has in this window: what they left there, be it that their session ran out, or what was kept
 * of it. Nothing of whoever was here before.
 */
export function withOwnThings(state: AppState, session: SavedSession): AppState {
  const owner = ownerOf(session);
  if (owner === null || state.owner === owner) return state;
  const kept = { drafts: loadDrafts(owner), outbox: loadOutbox(owner) };
  return { ...state, owner, ...kept, tray: {}, forms: {}, erased: new Set() };
}

function writeOwnThings(before: AppState, { owner, drafts, outbox }: AppState): void {
  if (owner === null || before.owner !== owner) return;
  if (before.drafts !== drafts) saveDrafts(owner, before.drafts, drafts);
  if (before.outbox !== outbox) writeKept(sessionStorage, outboxKeyOf(owner), outbox);
}

function writeState(before: AppState, state: AppState): void {
  const { ui } = state;
  if (before.ui !== ui) {
    // A colleague's list is only of the moment.
    const folder = typeof ui.view.folder === 'string' ? ui.view.folder : 'all';
    const view = { ...DEFAULT_VIEW, folder, order: ui.view.order };
    // On a narrow screen the details cover the thread: open or not is only of the moment.
    const isDetailsOpen = isWide() ? ui.isDetailsOpen : keptDetails();
    writeKept(localStorage, UI, { theme: ui.theme, isDetailsOpen, view, catalogs: ui.catalogs });
  }
  writeOwnThings(before, state);
}

/** Begins to keep what outlives a reload. */
export function persist(store: Store): void {
  let written = store.get();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    timer = undefined;
    const state = store.get();
    writeState(written, state);
    written = state;
  };
  store.subscribe(() => {
    // What somebody begins with is what is kept: only what they change from there on is to be written.
    if (store.get().owner !== written.owner) flush();
    timer ??= setTimeout(flush, WRITE_DELAY_MS);
  });
  addEventListener('pagehide', flush);
  const take = (threadId: string, kept: Draft | null): void => {
    const { drafts } = store.get();
    // What was typed here and is not written yet is newer.
    const isNewerHere = drafts[threadId] !== written.drafts[threadId];
    written = { ...written, drafts: withDraft(written.drafts, threadId, kept) };
    if (isNewerHere) return;
    store.update((state) => ({ ...state, drafts: withDraft(state.drafts, threadId, kept) }));
  };
  followDrafts(() => store.get().owner, take);
}
