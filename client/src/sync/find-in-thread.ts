/** The search in the open conversation: from its newest hit to its oldest, as far as the person goes. */
import type { CommandInput } from '../../../src/contract/commands.ts';
import type { ThreadId } from '../../../src/contract/ids.ts';
import { aimAt } from '../state/aim.ts';
import { findingFor, type Finding } from '../state/finding.ts';
import type { AppState, Store } from '../state/store.ts';
import { askPatiently, type Server } from './asking.ts';

const PAGE = 100;
/** So many hits are known beyond the one that is shown, so that the next is there at once. */
const AHEAD = 50;

/** What screens may ask for. */
export interface InThread {
  /** Opens the search in the open conversation. */
  readonly openFind: () => void;
  readonly setFind: (query: string) => void;
  readonly closeFind: () => void;
  /** Begins or continues the search in the open conversation. */
  readonly runFind: () => Promise<void>;
  /** Shows the next older hit (1) or newer one (-1); after the last the first. */
  readonly stepFind: (step: 1 | -1) => void;
}

/** The hit after the shown one in this direction; null where there is none, or none is known yet. */
function hitBeside({ hits, shownId, next }: Finding, step: 1 | -1): string | null {
  const at = shownId === null ? -1 : hits.indexOf(shownId);
  if (at < 0) return hits[0] ?? null;
  const round = step === -1 ? hits.at(-1) : next === null ? hits[0] : undefined;
  return hits[at + step] ?? round ?? null;
}

/** Whether enough is known for the hit that is shown, and for those after it. */
const isAhead = ({ hits, shownId, next }: Finding): boolean =>
  next === null || hits.length - hits.indexOf(shownId ?? '') > AHEAD;

const isRunnable = ({ query, state, next }: Finding): boolean =>
  query.trim() !== '' && state !== 'loading' && next !== null;

function inputOf({ threadId, query, next }: Finding): CommandInput<'thread:search'> {
  const input = { threadId: threadId as ThreadId, q: query.trim(), limit: PAGE };
  return next == null ? input : { ...input, before: next };
}

/** Changes the search, if one is open. */
const changed = (state: AppState, change: (finding: Finding) => Partial<Finding>): AppState =>
  state.finding === null ? state : { ...state, finding: { ...state.finding, ...change(state.finding) } };

/** Shows a hit. */
const shown = (state: AppState, messageId: string): AppState =>
  state.finding === null
    ? state
    : { ...changed(state, () => ({ shownId: messageId })), aim: aimAt(state.finding.threadId, messageId) };

/** Searches on until enough is known; `isWanted` is false when another search has begun. */
function makeRun(store: Store, server: Server) {
  /** False when the search is over. */
  const readPage = async (isWanted: () => boolean): Promise<boolean> => {
    const { finding } = store.get();
    if (finding === null) return false;
    const answer = await askPatiently(() => server.ask('thread:search', inputOf(finding)), isWanted);
    if (!isWanted()) return false;
    if (answer?.ok !== true) {
      store.update((state) => changed(state, () => ({ state: 'failed' })));
      return false;
    }
    const { items, nextCursor } = answer.data;
    const ids = items.map(({ messageId }) => messageId as string);
    store.update((state) => changed(state, ({ hits }) => ({ hits: [...hits, ...ids], next: nextCursor })));
    return true;
  };
  return async (isWanted: () => boolean): Promise<void> => {
    store.update((state) => changed(state, () => ({ state: 'loading' })));
    while (await readPage(isWanted)) {
      store.update((state) => {
        const first = state.finding?.shownId === null ? state.finding.hits[0] : undefined;
        return first === undefined ? state : shown(state, first);
      });
      const { finding } = store.get();
      if (finding === null || !isAhead(finding)) continue;
      store.update((state) => changed(state, () => ({ state: 'ready' })));
      return;
    }
  };
}

/** Builds the actions. */
export function makeInThread(store: Store, server: Server): InThread {
  const run = makeRun(store, server);
  let runs = 0;
  const begin = (finding: Finding | null): void => {
    runs += 1;
    store.update((state) => ({ ...state, finding }));
  };
  const runFind = async (): Promise<void> => {
    const { finding } = store.get();
    if (finding === null || !isRunnable(finding)) return;
    runs += 1;
    const mine = runs;
    // A search that began meanwhile, by this bar or with a conversation that was opened, has not asked yet.
    await run(() => mine === runs && store.get().finding?.state === 'loading');
  };
  return {
    openFind: () => {
      const { finding, ui } = store.get();
      if (finding !== null || ui.selectedId === null) return;
      begin(findingFor(ui.selectedId, ui.query.trim(), { isAsked: true }));
    },
    setFind: (query) => {
      const { finding } = store.get();
      if (finding !== null) begin(findingFor(finding.threadId, query, { isAsked: finding.isAsked }));
    },
    closeFind: () => {
      begin(null);
    },
    runFind,
    stepFind: (step) => {
      const { finding } = store.get();
      const beside = finding === null ? null : hitBeside(finding, step);
      if (beside === null) return;
      store.update((state) => shown(state, beside));
      const now = store.get().finding;
      if (now !== null && !isAhead(now)) void runFind();
    },
  };
}
