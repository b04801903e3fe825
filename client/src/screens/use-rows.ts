/** The ids the list shows: a view, or the results of a search. */
import { useCallback } from 'react';
import { sameItems, store, useApp } from '../state/app.ts';
import { rowsOf } from '../state/rows.ts';
import { hasMore, type SearchState } from '../state/selectors.ts';
import type { AppState } from '../state/store.ts';

let last: { readonly key: readonly unknown[]; readonly rows: readonly string[] } | null = null;

/** `rowsOf` with its last result cached, so that typing, presence and drafts cost nothing here. */
function rememberedRows(state: AppState): readonly string[] {
  const key = [state.machine.inbox.threads, state.ui.view, state.ui.query, state.ui.scope, state.search, state.lists];
  if (last !== null && sameItems(last.key, key)) return last.rows;
  last = { key, rows: rowsOf(state) };
  return last.rows;
}

/** The rows. The array stays the same while nothing in it changes. */
export function useRows(): readonly string[] {
  return useApp(useCallback(rememberedRows, []), sameItems);
}

/** State of the search for the typed text. */
export function useSearchProgress(): SearchState['state'] {
  return useApp(({ ui, search }) =>
    search?.query === ui.query.trim() && search.scope === ui.scope ? search.state : 'loading',
  );
}

/** Whether the server has more rows: further down the view, or more search results. */
export function useIsMore(): boolean {
  return useApp(({ ui, lists, search }) => (ui.query.trim() === '' ? hasMore(ui.view, lists) : search?.next != null));
}

/** The thread whose row has the focus: the one that was left last. */
function focusedId(): string | undefined {
  const focused = document.activeElement;
  return focused instanceof HTMLElement ? focused.dataset['threadId'] : undefined;
}

/**
 * The thread before or after the selected one in the list; while none is selected, the one whose row has the focus. If
 * that is not in the list, the last or the first.
 */
export function neighbour(step: 1 | -1): string | null {
  const state = store.get();
  const rows = rememberedRows(state);
  const at = rows.indexOf(state.ui.selectedId ?? focusedId() ?? '');
  if (at < 0) return rows[step === 1 ? 0 : rows.length - 1] ?? null;
  return rows[at + step] ?? null;
}

/** The first thread of the list. */
export function firstRow(): string | null {
  return rememberedRows(store.get())[0] ?? null;
}
