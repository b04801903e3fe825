/** The conversation list, as a virtual list. */
import { useEffect, useRef, type ReactNode, type RefObject } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { actions, store, useApp } from '../state/app.ts';
import { seesConversations } from '../state/role.ts';
import { EVERYWHERE, hasMore, isSearchNarrowed, NOTHING_LOADED, viewKey, type View } from '../state/selectors.ts';
import { Icon } from '../components/icons.tsx';
import { ListSkeleton } from '../components/skeletons.tsx';
import { RowCheck } from '../components/row-check.tsx';
import { ThreadRow } from '../components/thread-row.tsx';
import { BatchBars } from './checked/batch-bar.tsx';
import { CheckedBar } from './checked/checked-bar.tsx';
import { ListHead } from './list-head.tsx';
import { NoNumberYet } from './no-number.tsx';
import { useIsMore, useRows, useSearchProgress } from './use-rows.ts';

const ROW_PX = 78;
const LOAD_AHEAD_ROWS = 15;

const EMPTY_WORDS: Readonly<Record<'mine' | 'unassigned' | 'all' | 'colleague', readonly [string, string]>> = {
  mine: ['Nothing assigned to you', 'Take one from Unassigned: open it and press I.'],
  unassigned: ['Nobody is waiting', 'Every conversation has somebody looking after it.'],
  all: ['No conversations', 'When a customer writes to one of your numbers, it appears here at once.'],
  colleague: ['Nothing assigned', 'This colleague looks after no conversation at the moment.'],
};

const FOR_THE_TEAM = ['Conversations are for the team', 'You look after the platform.'] as const;

function NothingFound({ query, isFailed }: { readonly query: string; readonly isFailed: boolean }): ReactNode {
  const isNarrowed = useApp(({ ui }) => isSearchNarrowed(ui.scope));
  if (isFailed)
    return (
      <div className="empty" data-testid="no-results">
        <Icon name="search" size={28} />
        <h2>The search did not come through</h2>
        <p>Try again in a moment.</p>
      </div>
    );
  return (
    <div className="empty" data-testid="no-results">
      <Icon name="search" size={28} />
      <h2>Nothing found</h2>
      <p>
        {isNarrowed
          ? `No conversation matches “${query}” among those that the search is narrowed to.`
          : `No conversation matches “${query}”. Try fewer letters, or a number.`}
      </p>
      {isNarrowed ? (
        <button
          type="button"
          className="button"
          data-testid="search-everywhere"
          onClick={() => {
            actions.narrowSearch(EVERYWHERE);
          }}
        >
          Search everywhere
        </button>
      ) : null}
    </div>
  );
}

function EmptyList(): ReactNode {
  const query = useApp((state) => state.ui.query.trim());
  const progress = useSearchProgress();
  const view = useApp((state) => state.ui.view);
  if (query === '') return <EmptyFolder folder={view.folder} />;
  if (progress === 'loading') return <ListSkeleton />;
  return <NothingFound query={query} isFailed={progress === 'failed'} />;
}

function EmptyFolder({ folder }: { readonly folder: View['folder'] }): ReactNode {
  const hasNumbers = useApp((state) => state.machine.inbox.accounts.size > 0);
  const isForThem = useApp(seesConversations);
  if (!hasNumbers) return <NoNumberYet />;
  const [title, words] = isForThem ? EMPTY_WORDS[typeof folder === 'string' ? folder : 'colleague'] : FOR_THE_TEAM;
  return (
    <div className="empty" data-testid="empty-list">
      <Icon name="inbox" size={28} />
      <h2>{title}</h2>
      <p>{words}</p>
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

/**
 * Whoever leaves a conversation is at its row, unless their focus is somewhere else on screen. On a narrow screen the
 * list was hidden, and its rows are drawn a moment later.
 */
function useFocusLeft(list: RefObject<HTMLElement | null>, selectedId: string | null): void {
  const before = useRef<string | null>(null);
  const left = useRef<string | null>(null);
  useEffect(() => {
    if (selectedId !== before.current) left.current = selectedId === null ? before.current : null;
    before.current = selectedId;
    if (left.current === null) return;
    const isFree = document.activeElement === document.body;
    const row = list.current?.querySelector<HTMLElement>(`[data-thread-id="${CSS.escape(left.current)}"]`);
    if (isFree) row?.focus();
    if (!isFree || document.activeElement === row) left.current = null;
  });
}

/** Has the server say what the conversations on screen say that is searched for. */
function useTexts(onScreen: readonly string[]): void {
  const query = useApp((state) => state.ui.query.trim());
  const hits = useApp((state) => state.hits);
  const isFound = useSearchProgress() === 'ready';
  const ids = onScreen.join(' ');
  useEffect(() => {
    if (query !== '' && isFound && ids !== '') void actions.findTexts(ids.split(' '));
  }, [query, isFound, ids, hits]);
}

function Rows({ rows }: { readonly rows: readonly string[] }): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const selectedId = useApp((state) => state.ui.selectedId);
  const page = useApp((state) => state.lists[viewKey(state.ui.view)] ?? NOTHING_LOADED);
  const isMore = useIsMore();
  const isReady = useApp((state) => state.machine.isReady);
  const listed = useApp((state) => state.ui.query.trim() || viewKey(state.ui.view));
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows[index] ?? index,
    overscan: 8,
  });
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [listed]);
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? -1;
  const isNearEnd = lastShown >= rows.length - LOAD_AHEAD_ROWS;
  useEffect(() => {
    if (isNearEnd && isMore && isReady && page.state === 'idle') loadNext();
  }, [isNearEnd, isMore, isReady, page]);
  useEffect(() => {
    const at = selectedId === null ? -1 : rows.indexOf(selectedId);
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
    // Only a new selection scrolls. A live list must not move while the person is using it.
  }, [selectedId]);
  useFocusLeft(scroller, selectedId);
  useTexts(items.map(({ index }) => rows[index] ?? ''));
  return (
    <div ref={scroller} className="list" data-testid="thread-list" role="list" aria-label="Conversations" tabIndex={-1}>
      <div className="list-canvas" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => (
          <div
            key={item.key}
            role="listitem"
            aria-setsize={isMore ? -1 : rows.length}
            aria-posinset={item.index + 1}
            className="list-slot"
            data-row={rows[item.index]}
            style={{ transform: `translateY(${String(item.start)}px)`, height: item.size }}
          >
            <RowCheck threadId={rows[item.index] ?? ''} />
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
  useEffect(() => {
    actions.uncheckGone();
  }, [rows]);
  return (
    <section className="pane-list" aria-label="Conversation list" tabIndex={-1}>
      <ListHead shown={rows.length} />
      {isLoaded ? null : <ListSkeleton />}
      {isLoaded && isEmpty && isMore ? <ListSkeleton /> : null}
      {isLoaded && isEmpty && !isMore ? <EmptyList /> : null}
      {isLoaded && !isEmpty ? <Rows rows={rows} /> : null}
      <BatchBars />
      <CheckedBar rows={rows} />
    </section>
  );
}
