/** The conversations that the list shows: those of a view, or the results of a search. */
import { threadsFound, threadsInView } from './selectors.ts';
import type { AppState } from './store.ts';

const NONE: ReadonlySet<string> = new Set();

/** Their ids, in order. Computed in one place, so that the list and everything that acts on it agree. */
export function rowsOf({ ui, search, machine, lists }: AppState): readonly string[] {
  const query = ui.query.trim();
  if (query === '') return threadsInView(machine.inbox, ui.view, lists);
  const ids = search?.query === query ? search.ids : NONE;
  return threadsFound(machine.inbox, { query, scope: ui.scope, ids });
}
