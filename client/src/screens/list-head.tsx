/** Above the conversations: what is listed, search, and what narrows it. */
import { useEffect, useState, type ReactNode } from 'react';
import type { ThreadOrder } from '../../../src/contract/commands.ts';
import type { ThreadStatus } from '../../../src/contract/entities.ts';
import { actions, sameItems, useApp } from '../state/app.ts';
import { seesConversations } from '../state/role.ts';
import { countedIn, DEFAULT_VIEW, isNarrowed, type View } from '../state/selectors.ts';
import { shownCount } from '../sync/counts.ts';
import { isOfComposition } from '../components/composition.ts';
import { ConnectionState } from '../components/connection-state.tsx';
import { Icon } from '../components/icons.tsx';
import { useRedraw } from '../components/use-redraw.ts';
import { firstRow, useIsMore } from './use-rows.ts';

const SEARCH_DELAY_MS = 250;

const TITLES = { mine: 'Mine', unassigned: 'Unassigned', all: 'All' } as const;
const STATUSES: readonly (readonly [View['status'], string])[] = [
  ['active', 'Active'],
  ['open', 'Open'],
  ['pending', 'Pending'],
  ['snoozed', 'Snoozed'],
  ['resolved', 'Resolved'],
];

/** Enter opens the first hit and leaves the field, as soon as the hits of what is typed are there. */
function useOpenFirst(query: string): (isWanted: boolean) => void {
  const [isWanted, setWanted] = useState(false);
  const isFound = useApp(({ search }) => search?.query === query.trim() && search.state === 'ready');
  useEffect(() => {
    if (!isWanted || !isFound) return;
    setWanted(false);
    const first = firstRow();
    if (first === null) return;
    actions.select(first);
    document.getElementById('search')?.blur();
  }, [isWanted, isFound]);
  return setWanted;
}

function SearchBox(): ReactNode {
  const query = useApp((state) => state.ui.query);
  const isReady = useApp((state) => state.machine.isReady);
  const openFirst = useOpenFirst(query);
  const redraw = useRedraw();
  useEffect(() => {
    const timer = setTimeout(() => void actions.search(query), query.trim() === '' ? 0 : SEARCH_DELAY_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [query, isReady]);
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

/** What is searched for is looked for everywhere. */
const useIsSearching = (): boolean => useApp((state) => state.ui.query.trim() !== '');

function UnreadOnly({ isOn }: { readonly isOn: boolean }): ReactNode {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={isOn}
        data-testid="filter-unread"
        onChange={(event) => {
          actions.setView({ unread: event.target.checked });
        }}
      />
      Unread only
    </label>
  );
}

function Narrow({ view }: { readonly view: View }): ReactNode {
  const tags = useApp((state) => state.machine.inbox.tags);
  const accounts = useApp((state) => [...state.machine.inbox.accounts.values()], sameItems);
  const isSearching = useIsSearching();
  return (
    <fieldset className="narrow" aria-label="Narrow the list" disabled={isSearching}>
      <label>
        <span>Status</span>
        <select
          value={view.status}
          data-testid="filter-status"
          onChange={(event) => {
            actions.setView({ status: event.target.value as 'active' | ThreadStatus });
          }}
        >
          {STATUSES.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Tag</span>
        <select
          value={view.tag ?? ''}
          data-testid="filter-tag"
          onChange={(event) => {
            actions.setView({ tag: event.target.value || null });
          }}
        >
          <option value="">Any</option>
          {tags.map((tag) => (
            <option key={tag}>{tag}</option>
          ))}
        </select>
      </label>
      <label>
        <span>Number</span>
        <select
          value={view.accountId ?? ''}
          data-testid="filter-account"
          onChange={(event) => {
            actions.setView({ accountId: event.target.value || null });
          }}
        >
          <option value="">Any</option>
          {accounts.map((account) => (
            <option key={account.id} value={account.id}>
              {account.name}
            </option>
          ))}
        </select>
      </label>
      <UnreadOnly isOn={view.unread} />
      {isSearching ? <p className="faint">A search looks everywhere.</p> : null}
    </fieldset>
  );
}

/** Which end comes first. What is searched for comes newest first. */
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

function NarrowToggle({ isOpen, onToggle }: { readonly isOpen: boolean; readonly onToggle: () => void }): ReactNode {
  const label = isOpen ? 'Show all again' : 'Narrow the list';
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

/** `1,234`; for what nobody counts, how many rows there are. */
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

/** See above. `shown` is how many rows the list has now. */
export function ListHead({ shown }: { readonly shown: number }): ReactNode {
  const view = useApp((state) => state.ui.view);
  const title = useTitle(view);
  const count = useCount(view, shown);
  const [wantsOpen, setOpen] = useState(false);
  const isOpen = wantsOpen || isNarrowed(view);
  const toggle = (): void => {
    if (isNarrowed(view)) actions.setView({ ...DEFAULT_VIEW, folder: view.folder, order: view.order });
    setOpen(!isOpen);
  };
  return (
    <header className="list-head">
      <div className="list-title">
        <h1>{title}</h1>
        <span className="count" data-testid="shown-count">
          {count}
        </span>
        <ConnectionState />
        <NewButton />
        <NarrowToggle isOpen={isOpen} onToggle={toggle} />
      </div>
      <SearchBox />
      {isOpen ? <Narrow view={view} /> : null}
      <Order order={view.order} />
    </header>
  );
}
