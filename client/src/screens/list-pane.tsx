/** The conversations: search, filters and the virtual list. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { ThreadStatus } from '../../../src/contract/entities.ts';
import { actions, sameItems, store, useApp } from '../state/app.ts';
import { hasMore, NOTHING_LOADED, viewKey, type View } from '../state/selectors.ts';
import { ConnectionState } from '../components/connection-state.tsx';
import { Icon } from '../components/icons.tsx';
import { ListSkeleton } from '../components/skeletons.tsx';
import { ThreadRow } from '../components/thread-row.tsx';
import { useRows } from './use-rows.ts';

const ROW_PX = 78;
const LOAD_AHEAD_ROWS = 15;
const SEARCH_DELAY_MS = 250;

const TITLES = { mine: 'Mine', unassigned: 'Unassigned', all: 'All' } as const;
const STATUSES: readonly (readonly [View['status'], string])[] = [
  ['active', 'Active'],
  ['open', 'Open'],
  ['pending', 'Pending'],
  ['snoozed', 'Snoozed'],
  ['resolved', 'Resolved'],
];

function SearchBox(): ReactNode {
  const query = useApp((state) => state.ui.query);
  const isReady = useApp((state) => state.machine.isReady);
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
          actions.setQuery(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            actions.setQuery('');
            event.currentTarget.blur();
          }
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

function Narrow({ view }: { readonly view: View }): ReactNode {
  const tags = useApp((state) => state.machine.inbox.tags);
  const accounts = useApp((state) => [...state.machine.inbox.accounts.values()], sameItems);
  return (
    <div className="narrow">
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
    </div>
  );
}

const isNarrowed = (view: View): boolean => view.status !== 'active' || view.tag !== null || view.accountId !== null;

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

function Header({ shown }: { readonly shown: number }): ReactNode {
  const view = useApp((state) => state.ui.view);
  const total = useApp((state) => state.machine.inbox.counts[state.ui.view.folder]);
  const isSearching = useApp((state) => state.ui.query.trim() !== '');
  const [wantsOpen, setOpen] = useState(false);
  const isOpen = wantsOpen || isNarrowed(view);
  const toggle = (): void => {
    if (isNarrowed(view)) actions.setView({ status: 'active', tag: null, accountId: null });
    setOpen(!isOpen);
  };
  return (
    <header className="list-head">
      <div className="list-title">
        <h1>{isSearching ? 'Search' : TITLES[view.folder]}</h1>
        <span className="count">{isSearching || isNarrowed(view) ? shown : total}</span>
        <ConnectionState />
        <NarrowToggle isOpen={isOpen} onToggle={toggle} />
      </div>
      <SearchBox />
      {isOpen ? <Narrow view={view} /> : null}
    </header>
  );
}

const EMPTY_WORDS: Readonly<Record<View['folder'], readonly [string, string]>> = {
  mine: ['Nothing assigned to you', 'Take one from Unassigned: open it and press I.'],
  unassigned: ['Nobody is waiting', 'Every conversation has somebody looking after it.'],
  all: ['No conversations', 'When a customer writes to one of your numbers, it appears here at once.'],
};

function EmptyList(): ReactNode {
  const query = useApp((state) => state.ui.query.trim());
  const search = useApp((state) => state.search);
  const view = useApp((state) => state.ui.view);
  if (query !== '') {
    if (search?.query !== query || search.state === 'loading') return <ListSkeleton />;
    return (
      <div className="empty" data-testid="no-results">
        <Icon name="search" size={28} />
        <h2>{search.state === 'failed' ? 'The search did not come through' : 'Nothing found'}</h2>
        <p>
          {search.state === 'failed'
            ? 'Try again in a moment.'
            : `No conversation matches “${query}”. Try fewer letters, or a number.`}
        </p>
      </div>
    );
  }
  const words = EMPTY_WORDS[view.folder];
  return (
    <div className="empty" data-testid="empty-list">
      <Icon name="inbox" size={28} />
      <h2>{words[0]}</h2>
      <p>{words[1]}</p>
    </div>
  );
}

function loadNext(): void {
  const { ui } = store.get();
  if (ui.query.trim() !== '') void actions.searchMore();
  else void actions.loadMore(ui.view);
}

function Foot(): ReactNode {
  const page = useApp((state) => state.lists[viewKey(state.ui.view)] ?? NOTHING_LOADED);
  if (page.state === 'loading') return <div className="list-foot">Loading more …</div>;
  if (page.state !== 'failed') return null;
  return (
    <div className="list-foot">
      More could not be loaded.{' '}
      <button type="button" className="link" onClick={loadNext}>
        Try again
      </button>
    </div>
  );
}

function Rows({ rows }: { readonly rows: readonly string[] }): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const selectedId = useApp((state) => state.ui.selectedId);
  const page = useApp((state) => state.lists[viewKey(state.ui.view)] ?? NOTHING_LOADED);
  const isMore = useApp((state) =>
    state.ui.query.trim() === '' ? hasMore(state.ui.view, state.lists) : state.search?.next != null,
  );
  const isReady = useApp((state) => state.machine.isReady);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows[index] ?? index,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? -1;
  const isNearEnd = lastShown >= rows.length - LOAD_AHEAD_ROWS;
  useEffect(() => {
    if (isNearEnd && isMore && isReady && page.state === 'idle') loadNext();
  }, [isNearEnd, isMore, isReady, page]);
  useEffect(() => {
    const at = selectedId === null ? -1 : rows.indexOf(selectedId);
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
    // Only a new selection scrolls; a live list must not move under the person's hand.
  }, [selectedId]);
  return (
    <div ref={scroller} className="list" data-testid="thread-list" role="list" aria-label="Conversations" tabIndex={-1}>
      <div className="list-canvas" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => (
          <div
            key={item.key}
            role="listitem"
            aria-setsize={rows.length}
            aria-posinset={item.index + 1}
            className="list-slot"
            style={{ transform: `translateY(${String(item.start)}px)`, height: item.size }}
          >
            <ThreadRow threadId={rows[item.index] ?? ''} isSelected={rows[item.index] === selectedId} />
          </div>
        ))}
      </div>
      <Foot />
    </div>
  );
}

/** The second column. */
export function ListPane(): ReactNode {
  const rows = useRows();
  const isLoaded = useApp((state) => state.machine.inbox.cursor !== null);
  const isMore = useApp((state) => state.ui.query.trim() === '' && hasMore(state.ui.view, state.lists));
  const isEmpty = rows.length === 0;
  const page = useApp((state) => state.lists[viewKey(state.ui.view)] ?? NOTHING_LOADED);
  const isReady = useApp((state) => state.machine.isReady);
  useEffect(() => {
    if (isLoaded && isEmpty && isMore && isReady && page.state === 'idle') loadNext();
  }, [isLoaded, isEmpty, isMore, isReady, page]);
  return (
    <section className="pane-list" aria-label="Conversation list">
      <Header shown={rows.length} />
      {isLoaded ? null : <ListSkeleton />}
      {isLoaded && isEmpty && isMore ? <ListSkeleton /> : null}
      {isLoaded && isEmpty && !isMore ? <EmptyList /> : null}
      {isLoaded && !isEmpty ? <Rows rows={rows} /> : null}
    </section>
  );
}
