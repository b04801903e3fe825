/** Loads what the snapshot leaves out: further pages of lists, search results, timelines, attachments. */
import type { ThreadId } from '../../../src/contract/ids.ts';
import type { Thread } from '../../../src/contract/entities.ts';
import {
  filterOf,
  NOTHING_LOADED,
  scopeFrom,
  viewKey,
  type ListPage,
  type Scope,
  type SearchState,
  type View,
} from '../state/selectors.ts';
import type { AppState, Sought, Store } from '../state/store.ts';
import { mergeThreads } from './apply-event.ts';
import { askedNow, withInbox, type Asked, type Server } from './asking.ts';
import { makeFinder, type Finder } from './finder.ts';
import { placeOf } from './order.ts';
import { makeTimelineLoader, type TimelineLoader } from './timeline-loader.ts';

const PAGE = 100;
function takeThreads(state: AppState, threads: readonly Thread[], asked: Asked): AppState {
  if (state.machine.generation !== asked.generation) return state;
  return withInbox(state, (inbox) => mergeThreads(inbox, threads, asked.seq));
}

/** The page to continue from and how to request it; null when nothing should be requested now. */
function pageToLoad(state: AppState, key: string): { page: ListPage; after: { after?: string } } | null {
  const page = state.lists[key] ?? NOTHING_LOADED;
  if (page.state === 'loading' || page.next === null || !state.machine.isReady) return null;
  return { page, after: page.next === undefined ? {} : { after: page.next } };
}

function makeListLoader(store: Store, server: Server) {
  const setPage = (key: string, page: ListPage): void => {
    store.update((state) => ({ ...state, lists: { ...state.lists, [key]: page } }));
  };
  return async (view: View): Promise<void> => {
    const key = viewKey(view);
    const wanted = pageToLoad(store.get(), key);
    if (wanted === null) return;
    const { page, after } = wanted;
    const asked = askedNow(store.get());
    setPage(key, { ...page, state: 'loading' });
    const answer = await server.ask('thread:list', { ...filterOf(view), order: view.order, ...after, limit: PAGE });
    if (store.get().machine.generation !== asked.generation) return;
    if (answer?.ok !== true) {
      // A page lost with the connection is requested again when that is back.
      setPage(key, { ...page, state: store.get().machine.isReady ? 'failed' : 'idle' });
      return;
    }
    const { items, nextCursor } = answer.data;
    store.update((state) => takeThreads(state, items, asked));
    const last = items.at(-1);
    setPage(key, { next: nextCursor, frontier: last === undefined ? page.frontier : placeOf(last), state: 'idle' });
  };
}

function makeSearch(store: Store, server: Server) {
  const set = (search: SearchState | null): void => {
    store.update((state) => ({ ...state, search }));
  };
  const run = async (search: SearchState): Promise<void> => {
    const { query, scope, next, ids } = search;
    const asked = askedNow(store.get());
    set(search);
    const after = next === null ? {} : { after: next };
    const answer = await server.ask('thread:list', { ...filterOf(scope), q: query, ...after, limit: PAGE });
    if (store.get().search !== search) return;
    if (answer?.ok !== true) {
      set({ ...search, state: 'failed' });
      return;
    }
    store.update((state) => takeThreads(state, answer.data.items, asked));
    const found = new Set([...ids, ...answer.data.items.map((thread) => thread.id)]);
    set({ ...search, ids: found, next: answer.data.nextCursor, state: 'ready' });
  };
  return {
    setQuery: (query: string): void => {
      store.update((state) => {
        const isBegun = state.ui.query.trim() !== '';
        return { ...state, ui: { ...state.ui, query, ...(isBegun ? {} : { scope: scopeFrom(state.ui.view) }) } };
      });
    },
    narrowSearch: (change: Partial<Scope>): void => {
      store.update((state) => ({ ...state, ui: { ...state.ui, scope: { ...state.ui.scope, ...change } } }));
    },
    search: async (query: string, scope: Scope): Promise<void> => {
      const { search: before } = store.get();
      const wanted = query.trim();
      // What is found already stays while the same is asked again, be it elsewhere.
      const ids = before?.query === wanted ? before.ids : new Set<string>();
      if (wanted === '') set(null);
      else await run({ query: wanted, scope, ids, next: null, state: 'loading' });
    },
    searchMore: async (): Promise<void> => {
      const { search } = store.get();
      if (search?.state === 'ready' && search.next !== null) await run({ ...search, state: 'loading' });
    },
  };
}

/**
 * `failed` when there is no usable answer although the connection is up; after a lost connection the request is
 * repeated.
 */
function makeThreadLoader(store: Store, server: Server) {
  const set = (sought: Sought | null): void => {
    store.update((state) => ({ ...state, sought }));
  };
  return async (threadId: string): Promise<void> => {
    const asked = askedNow(store.get());
    const sought: Sought = { threadId, generation: asked.generation, state: 'loading' };
    set(sought);
    const answer = await server.ask('thread:get', { threadId: threadId as ThreadId });
    if (store.get().sought !== sought) return;
    if (answer?.ok === true) store.update((state) => takeThreads(state, [answer.data.thread], asked));
    if (answer === null || answer.ok) set(null);
    else set({ ...sought, state: answer.error.code === 'not_found' ? 'missing' : 'failed' });
  };
}

/** Requests each thread once per snapshot; a missing answer does not count. */
function makeThreadLearner(store: Store, server: Server) {
  const known = new Set<string>();
  return async (threadId: string): Promise<void> => {
    const asked = askedNow(store.get());
    const key = `${String(asked.generation)} ${threadId}`;
    if (known.has(key)) return;
    known.add(key);
    const answer = await server.ask('thread:get', { threadId: threadId as ThreadId });
    if (answer === null) known.delete(key);
    else if (answer.ok) store.update((state) => takeThreads(state, [answer.data.thread], asked));
  };
}

async function fetchMedia(store: Store, url: string): Promise<string | null> {
  const { session } = store.get();
  if (session === null || !url.startsWith('/')) return null;
  const headers = {
    authorization: `Bearer ${session.token}`,
    ...(session.tenantId === null ? {} : { 'x-tenant-id': session.tenantId }),
  };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(60_000) }).catch(() => null);
  if (response?.ok !== true) return null;
  const blob = await response.blob().catch(() => null);
  return blob === null ? null : URL.createObjectURL(blob);
}

/** What screens may ask to be loaded. */
export interface Loader extends TimelineLoader, Finder {
  /** The next page of a view; does nothing while one is on its way or when there is none. */
  readonly loadMore: (view: View) => Promise<void>;
  /** The text in the search box; an empty text ends the search. The first letter takes over what narrows the list. */
  readonly setQuery: (query: string) => void;
  readonly narrowSearch: (change: Partial<Scope>) => void;
  /** Asks the server for threads by name, number or text. */
  readonly search: (query: string, scope: Scope) => Promise<void>;
  readonly searchMore: () => Promise<void>;
  /** Loads a conversation that no list contains. */
  readonly loadThread: (threadId: string) => Promise<void>;
  /** The same for one that is only mentioned; nothing else depends on whether it comes. */
  readonly learnThread: (threadId: string) => Promise<void>;
  /** An attachment as an object URL, which the caller revokes; null when it could not be loaded. */
  readonly fetchMedia: (url: string) => Promise<string | null>;
}

/** Builds the loading actions. */
export function makeLoader(store: Store, server: Server): Loader {
  return {
    loadMore: makeListLoader(store, server),
    ...makeSearch(store, server),
    loadThread: makeThreadLoader(store, server),
    learnThread: makeThreadLearner(store, server),
    ...makeTimelineLoader(store, server),
    ...makeFinder(store, server),
    fetchMedia: (url: string): Promise<string | null> => fetchMedia(store, url),
  };
}
