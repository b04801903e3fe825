/** Finds where in conversations words were written, and shows the place. */
import type { ThreadId } from '../../../src/contract/ids.ts';
import { MOST_SEARCHED } from '../../../src/contract/text-hits.ts';
import { aimAt } from '../state/aim.ts';
import { findingFor, hitOf, withHits } from '../state/finding.ts';
import type { AppState, Store } from '../state/store.ts';
import { changeTimeline } from './apply-event.ts';
import { withInbox, type Server } from './asking.ts';
import { makeInThread, type InThread } from './find-in-thread.ts';
import { showNewest } from './timelines.ts';

/** Who opens a conversation waits no longer than this for the place in it. */
const PATIENCE_MS = 500;

/** What screens may ask for. */
export interface Finder extends InThread {
  /** Shows this conversation at its newest message, or the list alone. One that is shown already is opened anew. */
  readonly select: (threadId: string | null) => void;
  /** The same at the place that the search of the list has found in its texts, if there is one. */
  readonly open: (threadId: string) => Promise<void>;
  /** Shows this message of a conversation. */
  readonly goToMessage: (threadId: string, messageId: string) => void;
  readonly dropAim: () => void;
  /** The person has seen the message and gone on: it is not shown again, and not in the address any more. */
  readonly leaveAim: () => void;
  /** Asks the server what these conversations of the list say that is searched for. */
  readonly findTexts: (threadIds: readonly string[]) => Promise<void>;
}

/** A conversation is opened: nothing of how it or another one was shown before stays. */
function opened(state: AppState, threadId: string | null, over: Partial<AppState> = {}): AppState {
  const ui = { ...state.ui, screen: 'inbox' as const, selectedId: threadId };
  return { ...state, ui, seen: null, aim: null, finding: null, ...over };
}

const atNewest = (state: AppState, threadId: string): AppState =>
  withInbox(state, (inbox) => changeTimeline(inbox, threadId, showNewest));

function makeOpening(store: Store, findTexts: Finder['findTexts']) {
  /** The latest conversation that somebody wanted to open. */
  let wanted: object | null = null;
  /** Whether the window still shows what it did: who has gone elsewhere meanwhile stays there. */
  const isWhere = ({ screen, selectedId }: AppState['ui']): boolean => {
    const { ui } = store.get();
    return ui.screen === screen && ui.selectedId === selectedId;
  };
  const select = (threadId: string | null): void => {
    wanted = null;
    store.update((state) => opened(threadId === null ? state : atNewest(state, threadId), threadId));
  };
  const open = async (threadId: string): Promise<void> => {
    const mine = {};
    wanted = mine;
    const { ui } = store.get();
    if (hitOf(store.get(), threadId) === undefined && store.get().machine.isReady) {
      await Promise.race([findTexts([threadId]), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
    }
    if (wanted !== mine || !isWhere(ui)) return;
    const hit = hitOf(store.get(), threadId);
    if (hit == null) {
      select(threadId);
      return;
    }
    const { messageId } = hit;
    store.update((state) => {
      const fresh = findingFor(threadId, state.ui.query.trim(), { shownId: messageId });
      const isSame = state.finding?.threadId === threadId && state.finding.query === fresh.query;
      // Opened again, its bar goes on with what it has found.
      const finding = isSame ? { ...state.finding, shownId: messageId } : fresh;
      return opened(state, threadId, { aim: aimAt(threadId, messageId), finding });
    });
  };
  return { select, open };
}

function makeTexts(store: Store, server: Server): Finder['findTexts'] {
  const asked = new Map<string, Promise<void>>();
  const ask = async (query: string, threadIds: readonly string[]): Promise<void> => {
    const answer = await server.ask('thread:find-texts', { q: query, threadIds: threadIds as ThreadId[] });
    if (answer?.ok !== true || store.get().ui.query.trim() !== query) return;
    store.update((state) => ({ ...state, hits: withHits(state.hits, query, threadIds, answer.data.items) }));
  };
  return async (threadIds) => {
    const query = store.get().ui.query.trim();
    if (query === '') return;
    const keyOf = (threadId: string): string => `${threadId} ${query}`;
    const unknown = threadIds.filter((threadId) => hitOf(store.get(), threadId) === undefined);
    const fresh = unknown.filter((threadId) => !asked.has(keyOf(threadId))).slice(0, MOST_SEARCHED);
    if (fresh.length > 0) {
      const asking = ask(query, fresh).finally(() => {
        for (const threadId of fresh) asked.delete(keyOf(threadId));
      });
      for (const threadId of fresh) asked.set(keyOf(threadId), asking);
    }
    await Promise.all(unknown.flatMap((threadId) => asked.get(keyOf(threadId)) ?? []));
  };
}

/** Builds the actions. */
export function makeFinder(store: Store, server: Server): Finder {
  const findTexts = makeTexts(store, server);
  return {
    ...makeOpening(store, findTexts),
    ...makeInThread(store, server),
    findTexts,
    goToMessage: (threadId, messageId) => {
      const aim = aimAt(threadId, messageId);
      store.update((state) => {
        const isOpen = state.ui.selectedId === threadId && state.ui.screen === 'inbox';
        return isOpen ? { ...state, aim } : opened(state, threadId, { aim });
      });
    },
    dropAim: () => {
      store.update((state) => ({ ...state, aim: null }));
    },
    leaveAim: () => {
      store.update((state) => (state.aim?.state === 'reached' ? { ...state, aim: null } : state));
    },
  };
}
