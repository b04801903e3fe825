/**
 * What outlives a reload. `localStorage`: drafts, theme, details open, folder and order. `sessionStorage`: unanswered commands of
 * this window, sent again with their ids after a reload. Writes are put off a little; storage that is full or forbidden
 * costs only this convenience.
 */
import type { Entry, Outbox } from '../sync/outbox.ts';
import { DEFAULT_VIEW } from './selectors.ts';
import type { AppState, Draft, SavedSession, Store, UiState } from './store.ts';

const DRAFTS = 'hunfly.drafts';
const UI = 'hunfly.ui';
const OUTBOX = 'hunfly.outbox';
/** From this width on, in CSS pixels, the details have a column of their own. */
export const DETAILS_MIN_PX = 1200;
const WRITE_DELAY_MS = 250;
/** The least recently written drafts go first beyond this. */
const MAX_DRAFTS = 500;

function read(storage: Storage, key: string): unknown {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

function write(storage: Storage, key: string, value: unknown): void {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden: the person keeps working, only a reload forgets.
  }
}

const isWide = (): boolean => innerWidth >= DETAILS_MIN_PX;

/** The kept drafts by thread id. */
export function loadDrafts(): Record<string, Draft> {
  return (read(localStorage, DRAFTS) as Record<string, Draft> | null) ?? {};
}

const keptDetails = (): boolean => (read(localStorage, UI) as Partial<UiState> | null)?.isDetailsOpen !== false;

const threadInAddress = (): string | undefined => /^#\/thread\/([0-9a-f-]{36})$/.exec(location.hash)?.[1];

/** Calls `open` when the person goes to the address of another conversation in this window. */
export function followAddress(open: (threadId: string) => void): void {
  addEventListener('hashchange', () => {
    const threadId = threadInAddress();
    if (threadId !== undefined) open(threadId);
  });
}

/** The kept preferences. */
export function loadUi(): Partial<UiState> {
  const kept = read(localStorage, UI) as Partial<UiState> | null;
  const fragment = threadInAddress();
  const isDetailsOpen = isWide() && keptDetails();
  const view = { ...DEFAULT_VIEW, ...kept?.view };
  return { ...kept, view, isDetailsOpen, ...(fragment === undefined ? {} : { selectedId: fragment }) };
}

/** Commands this window had not seen answered, if they belong to the same person and tenant. */
export function loadOutbox(session: SavedSession): Outbox {
  const kept = read(sessionStorage, OUTBOX) as { owner: string; entries: Entry[] } | null;
  if (kept?.owner !== ownerOf(session)) return [];
  return kept.entries.map((entry) => (entry.state === 'inflight' ? { ...entry, state: 'waiting' } : entry));
}

const ownerOf = (session: SavedSession): string => `${session.user.id}/${session.tenantId ?? ''}`;

function writeState(before: AppState, state: AppState): void {
  const { ui } = state;
  if (before.drafts !== state.drafts) {
    write(localStorage, DRAFTS, Object.fromEntries(Object.entries(state.drafts).slice(-MAX_DRAFTS)));
  }
  if (before.ui !== ui) {
    // A colleague's list is only of the moment.
    const folder = typeof ui.view.folder === 'string' ? ui.view.folder : 'all';
    const view = { ...DEFAULT_VIEW, folder, order: ui.view.order };
    // On a narrow screen the details cover the thread: open or not is only of the moment.
    const isDetailsOpen = isWide() ? ui.isDetailsOpen : keptDetails();
    write(localStorage, UI, { theme: ui.theme, isDetailsOpen, view, catalogs: ui.catalogs });
  }
  if (before.outbox !== state.outbox && state.session !== null) {
    write(sessionStorage, OUTBOX, { owner: ownerOf(state.session), entries: state.outbox });
  }
}

/** At once: a reload starts from the address as it is, and takes no later one. */
function showInAddress(selectedId: string | null): void {
  const fragment = selectedId === null ? '' : `#/thread/${selectedId}`;
  if (location.hash !== fragment) history.replaceState(null, '', `${location.pathname}${fragment}`);
}

/** Begins to keep what outlives a reload. */
export function persist(store: Store): void {
  let written = store.get();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let shownId = written.ui.selectedId;
  const flush = (): void => {
    timer = undefined;
    const state = store.get();
    writeState(written, state);
    written = state;
  };
  store.subscribe(() => {
    const { selectedId } = store.get().ui;
    if (selectedId !== shownId) showInAddress(selectedId);
    shownId = selectedId;
    timer ??= setTimeout(flush, WRITE_DELAY_MS);
  });
  addEventListener('pagehide', flush);
}
