/**
 * What survives a reload. `localStorage` holds drafts, theme, whether details are open, folder, order and the last
 * catalogs. `sessionStorage` holds this window's unanswered commands, which are sent again with the same ids after a
 * reload, and how far their batches are. Drafts and commands belong to one person in one inbox. Writes are delayed a little.
 */
import type { Batches } from '../sync/batch.ts';
import { markDisconnected, type Entry, type Outbox } from '../sync/outbox.ts';
import { placeInAddress } from './address.ts';
import { followDrafts, loadDrafts, saveDrafts, withDraft } from './kept-drafts.ts';
import { NOTHING_CHECKED } from './checked.ts';
import { DEFAULT_VIEW } from './selectors.ts';
import { readKept, writeKept } from './storage.ts';
import type { AppState, Draft, SavedSession, Store, UiState } from './store.ts';

const UI = 'hunfly.ui';
/** From this width in CSS pixels on, the details have their own column. */
export const DETAILS_MIN_PX = 1200;
const WRITE_DELAY_MS = 250;

const isWide = (): boolean => innerWidth >= DETAILS_MIN_PX;

const keptDetails = (): boolean => (readKept(localStorage, UI) as Partial<UiState> | null)?.isDetailsOpen !== false;

/** The stored preferences, with the screen and conversation that the address names. */
export function loadUi(): Partial<UiState> {
  const kept = readKept(localStorage, UI) as Partial<UiState> | null;
  const { screen, threadId } = placeInAddress();
  const isDetailsOpen = isWide() && keptDetails();
  const view = { ...DEFAULT_VIEW, ...kept?.view };
  return { ...kept, view, isDetailsOpen, screen, selectedId: threadId };
}

/** Storage key for the commands of this person in this inbox. */
export const outboxKeyOf = (owner: string): string => `hunfly.outbox/${owner}`;

/** Loads the commands that this window has not seen answered. */
function loadOutbox(owner: string): Outbox {
  return markDisconnected((readKept(sessionStorage, outboxKeyOf(owner)) as Entry[] | null) ?? []);
}

const batchesKeyOf = (owner: string): string => `hunfly.batches/${owner}`;

/** The batches that these commands belong to; the others are over. */
function loadBatches(owner: string, outbox: Outbox): Batches {
  const batches = (readKept(sessionStorage, batchesKeyOf(owner)) as Batches | null) ?? [];
  return batches.filter(({ id }) => outbox.some(({ batchId }) => batchId === id));
}

/** The owner that this session's drafts and commands are stored under; null before an inbox is chosen. */
export const ownerOf = ({ user, tenantId }: SavedSession): string | null =>
  tenantId === null ? null : `${user.id}/${tenantId}`;

/**
 * The state for a person who starts a session in this window. If they were the last one here, for example because their
 * session ran out, they keep everything. Otherwise they get what is stored for them and nothing of the person before.
 */
export function withOwnThings(state: AppState, session: SavedSession): AppState {
  const owner = ownerOf(session);
  if (owner === null || state.owner === owner) return state;
  const outbox = loadOutbox(owner);
  const kept = { drafts: loadDrafts(owner), outbox, batches: loadBatches(owner, outbox) };
  return { ...state, owner, ...kept, checked: NOTHING_CHECKED, tray: {}, forms: {}, erased: new Set() };
}

function writeOwnThings(before: AppState, { owner, drafts, outbox, batches }: AppState): void {
  if (owner === null || before.owner !== owner) return;
  if (before.drafts !== drafts) saveDrafts(owner, before.drafts, drafts);
  if (before.outbox !== outbox) writeKept(sessionStorage, outboxKeyOf(owner), outbox);
  if (before.batches !== batches) writeKept(sessionStorage, batchesKeyOf(owner), batches);
}

function writeState(before: AppState, state: AppState): void {
  const { ui } = state;
  if (before.ui !== ui) {
    // A colleague's list is not remembered.
    const folder = typeof ui.view.folder === 'string' ? ui.view.folder : 'all';
    const view = { ...DEFAULT_VIEW, folder, order: ui.view.order };
    // On a narrow screen the details cover the thread, so whether they are open is not remembered.
    const isDetailsOpen = isWide() ? ui.isDetailsOpen : keptDetails();
    writeKept(localStorage, UI, { theme: ui.theme, isDetailsOpen, view, catalogs: ui.catalogs });
  }
  writeOwnThings(before, state);
}

/** Starts to store what survives a reload. */
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
    // What a new owner starts with is already stored. Only their later changes must be written.
    if (store.get().owner !== written.owner) flush();
    timer ??= setTimeout(flush, WRITE_DELAY_MS);
  });
  addEventListener('pagehide', flush);
  const take = (threadId: string, kept: Draft | null): void => {
    const { drafts } = store.get();
    // Text typed here and not yet written is newer.
    const isNewerHere = drafts[threadId] !== written.drafts[threadId];
    written = { ...written, drafts: withDraft(written.drafts, threadId, kept) };
    if (isNewerHere) return;
    store.update((state) => ({ ...state, drafts: withDraft(state.drafts, threadId, kept) }));
  };
  followDrafts(() => store.get().owner, take);
}
