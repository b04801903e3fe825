/** The header above the conversations: title, search and filters. */
import { useEffect, useState, type ReactNode } from 'react';
import type { ThreadOrder } from '../../../src/contract/commands.ts';
import { actions, useApp } from '../state/app.ts';
import { seesConversations } from '../state/role.ts';
import { countedIn, DEFAULT_VIEW, EVERYWHERE, isNarrowed, isSearchNarrowed, type View } from '../state/selectors.ts';
import { shownCount } from '../sync/counts.ts';
import { isOfComposition } from '../components/composition.ts';
import { ConnectionState } from '../components/connection-state.tsx';
import { Icon } from '../components/icons.tsx';
import { useRedraw } from '../components/use-redraw.ts';
import { NarrowList, NarrowSearch } from './narrow.tsx';
import { SEARCH_DELAY_MS } from './use-found.ts';
import { firstRow, useIsMore, useSearchProgress } from './use-rows.ts';

const TITLES = { mine: 'Mine', unassigned: 'Unassigned', all: 'All' } as const;
/** Enter opens the first result and leaves the field, as soon as the results for the typed text have arrived. */
function useOpenFirst(): (isWanted: boolean) => void {
  const [isWanted, setWanted] = useState(false);
  const isFound = useSearchProgress() === 'ready';
  useEffect(() => {
    if (!isWanted || !isFound) return;
    setWanted(false);
    const first = firstRow();
    if (first === null) return;
    void actions.open(first);
    document.getElementById('search')?.blur();
  }, [isWanted, isFound]);
  return setWanted;
}

function SearchBox(): ReactNode {
  const query = useApp((state) => state.ui.query);
  const scope = useApp((state) => state.ui.scope);
  const isReady = useApp((state) => state.machine.isReady);
  const openFirst = useOpenFirst();
  const redraw = useRedraw();
  useEffect(() => {
    const timer = setTimeout(() => void actions.search(query, scope), query.trim() === '' ? 0 : SEARCH_DELAY_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [query, scope, isReady]);
  return (
    <div className="search-box">
      <Icon name="search" size={16} />
      <input
        id="search"
        type="search"
        data-testid="search"
        value={query}
        maxLength={200}
        placeholder="Search name, number or text"
        aria-label="Search conversations"
        onChange={(event) => {
          openFirst(false);
          actions.setQuery(event.target.value);
          redraw();
        }}
        onKeyDown={(event) => {
          if (isOfComposition(event.nativeEvent)) return;
          if (event.key === 'Escape') {
            actions.setQuery('');
            event.currentTarget.blur();
          }
          if (event.key === 'Enter' && query.trim() !== '') openFirst(true);
        }}
      />
      {query === '' ? <kbd>/</kbd> : null}
      {query === '' ? null : (
        <button
          type="button"
          className="icon-button"
          aria-label="Clear the search"
          onClick={() => {
            actions.setQuery('');
          }}
        >
          <Icon name="close" size={14} />
        </button>
      )}
    </div>
  );
}

const useIsSearching = (): boolean => useApp((state) => state.ui.query.trim() !== '');

/** Sort order of the list. Search results are always newest first. */
function Order({ order }: { readonly order: ThreadOrder }): ReactNode {
  const isSearching = useIsSearching();
  return (
    <select
      className="list-order"
      aria-label="Order"
      data-testid="order"
      disabled={isSearching}
      value={isSearching ? 'newest' : order}
      onChange={(event) => {
        actions.setView({ order: event.target.value as ThreadOrder });
      }}
    >
      <option value="newest">Newest first</option>
      <option value="oldest">Oldest first</option>
    </select>
  );
}

interface ToggleProps {
  readonly isOpen: boolean;
  readonly isSearching: boolean;
  readonly onToggle: () => void;
}

function NarrowToggle({ isOpen, isSearching, onToggle }: ToggleProps): ReactNode {
  const toOpen = isSearching ? 'Narrow the search' : 'Narrow the list';
  const label = isOpen ? (isSearching ? 'Search everywhere' : 'Show all again') : toOpen;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      aria-expanded={isOpen}
      data-active={isOpen}
      data-testid="narrow"
      onClick={onToggle}
    >
      <Icon name={isOpen ? 'close' : 'filter'} />
    </button>
  );
}

function NewButton(): ReactNode {
  const isForThem = useApp(seesConversations);
  if (!isForThem) return null;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label="New conversation"
      title="New conversation (C)"
      data-testid="new"
      onClick={() => {
        actions.startConversation({ accountId: null, to: '' });
      }}
    >
      <Icon name="plus" />
    </button>
  );
}

/** The count, such as `1,234`; if the server does not count it, the number of rows. */
function useCount(view: View, shown: number): string {
  const counts = useApp((state) => state.machine.inbox.counts);
  const isSearching = useIsSearching();
  const isMore = useIsMore();
  const counted = isSearching ? null : countedIn(view, counts);
  return counted === null ? shownCount(shown, isMore) : shownCount(counted);
}

function useTitle({ folder }: View): string {
  const isSearching = useIsSearching();
  const colleague = useApp((state) =>
    typeof folder === 'string' ? undefined : state.machine.inbox.members.get(folder.memberId)?.displayName,
  );
  if (isSearching) return 'Search';
  return typeof folder === 'string' ? TITLES[folder] : (colleague ?? 'A former colleague');
}

/** Whether the list or search is filtered, and how to clear the filters. */
function useNarrowing(view: View, isSearching: boolean): { readonly isNarrowed: boolean; readonly widen: () => void } {
  const scope = useApp((state) => state.ui.scope);
  if (isSearching) {
    return {
      isNarrowed: isSearchNarrowed(scope),
      widen: () => {
        actions.narrowSearch(EVERYWHERE);
      },
    };
  }
  return {
    isNarrowed: isNarrowed(view),
    widen: () => {
      actions.setView({ ...DEFAULT_VIEW, folder: view.folder, order: view.order });
    },
  };
}

/** The header. `shown` is the number of rows in the list. */
export function ListHead({ shown }: { readonly shown: number }): ReactNode {
  const view = useApp((state) => state.ui.view);
  const isSearching = useIsSearching();
  const title = useTitle(view);
  const count = useCount(view, shown);
  const isLoaded = useApp((state) => state.machine.inbox.cursor !== null);
  const [wantsOpen, setOpen] = useState(false);
  const narrowing = useNarrowing(view, isSearching);
  const isOpen = wantsOpen || narrowing.isNarrowed;
  const toggle = (): void => {
    if (narrowing.isNarrowed) narrowing.widen();
    setOpen(!isOpen);
  };
  return (
    <header className="list-head">
      <div className="list-title">
        <h1>{title}</h1>
        <span className="count" data-testid="shown-count">
          {isLoaded ? count : null}
        </span>
        <ConnectionState />
        <NewButton />
        <NarrowToggle isOpen={isOpen} isSearching={isSearching} onToggle={toggle} />
      </div>
      <SearchBox />
      {isOpen && isSearching ? <NarrowSearch /> : null}
      {isOpen && !isSearching ? <NarrowList view={view} /> : null}
      <Order order={view.order} />
    </header>
  );
}
