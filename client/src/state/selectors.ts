/** What the screens compute from the state. Pure. */
import type { Account, Contact, Member, Thread, ThreadStatus } from '../../../src/contract/entities.ts';
import type { CommandInput, Counts, ThreadOrder } from '../../../src/contract/commands.ts';
import type { InboxState } from '../sync/model.ts';
import { compareThreads, type Place } from '../sync/order.ts';

/** The lists in the rail: three for everybody, and for managers and administrators one per colleague. */
export type Folder = 'mine' | 'unassigned' | 'all' | { readonly memberId: string };

/** Which threads a list shows, and in which order. `active` is everything that is not resolved. */
export interface View {
  readonly folder: Folder;
  readonly status: 'active' | ThreadStatus;
  readonly tag: string | null;
  readonly accountId: string | null;
  /** Only threads with unread messages. */
  readonly unread: boolean;
  readonly order: ThreadOrder;
}

/** Where a search looks. It can be narrowed like a list; by default it covers everything, resolved threads too. */
export interface Scope extends Omit<View, 'status' | 'order'> {
  readonly status: View['status'] | 'any';
}

/** How far a list is loaded. Every thread from its top down to `frontier` is known; `frontier` is null when none is. */
export interface ListPage {
  /** Cursor of the next page; undefined before the first request, null at the end. */
  readonly next: string | null | undefined;
  readonly frontier: Place | null;
  readonly state: 'idle' | 'loading' | 'failed';
}

/** A running or finished search. `ids` are the server's hits. */
export interface SearchState {
  readonly query: string;
  readonly scope: Scope;
  readonly ids: ReadonlySet<string>;
  readonly next: string | null;
  readonly state: 'loading' | 'ready' | 'failed';
}

export const DEFAULT_VIEW: View = {
  folder: 'all',
  status: 'active',
  tag: null,
  accountId: null,
  unread: false,
  order: 'newest',
};
export const EVERYWHERE: Scope = { folder: 'all', status: 'any', tag: null, accountId: null, unread: false };
export const NOTHING_LOADED: ListPage = { next: undefined, frontier: null, state: 'idle' };

/** The key under which a view's loaded pages are kept. */
export function viewKey(view: View): string {
  const folder = typeof view.folder === 'string' ? view.folder : view.folder.memberId;
  const { status, tag, accountId, unread, order } = view;
  return [folder, status, tag ?? '', accountId ?? '', unread ? 'unread' : '', order].join('\u001f');
}

/** The list that the snapshot starts with: everything that is not resolved. */
export const BASE_KEY = viewKey(DEFAULT_VIEW);

type Filter = Omit<CommandInput<'thread:list'>, 'order' | 'after' | 'limit' | 'q'>;

function assigneeOf(folder: Folder): Filter['assignee'] {
  if (typeof folder !== 'string') return folder.memberId as Member['id'];
  return ({ mine: 'me', unassigned: 'none', all: undefined } as const)[folder];
}

/** The server's filter for a view or a search. */
export function filterOf({ folder, status, tag, accountId, unread }: Scope): Filter {
  const assignee = assigneeOf(folder);
  return {
    ...(assignee === undefined ? {} : { assignee }),
    ...(status === 'any' ? {} : { status }),
    ...(tag === null ? {} : { tag }),
    ...(accountId === null ? {} : { accountId: accountId as Thread['accountId'] }),
    ...(unread ? { unread: true } : {}),
  };
}

function isInFolder(assigneeId: string | null, folder: Folder, me: string | null): boolean {
  if (folder === 'all') return true;
  if (folder === 'unassigned') return assigneeId === null;
  return assigneeId !== null && assigneeId === (folder === 'mine' ? me : folder.memberId);
}

function hasStatus({ status }: Thread, wanted: Scope['status']): boolean {
  if (wanted === 'any') return true;
  return wanted === 'active' ? status !== 'resolved' : status === wanted;
}

/** Whether a thread belongs to a view or to the scope of a search. */
function isInView(thread: Thread, view: Scope, me: string | null): boolean {
  if (!hasStatus(thread, view.status)) return false;
  if (!isInFolder(thread.assigneeId, view.folder, me)) return false;
  if (view.tag !== null && !thread.tags.includes(view.tag)) return false;
  if (view.unread && thread.unreadCount === 0) return false;
  return view.accountId === null || thread.accountId === view.accountId;
}

/** Whether a view is filtered, so that it does not show exactly the active threads of its folder. */
export function isNarrowed(view: View): boolean {
  return view.status !== 'active' || view.tag !== null || view.accountId !== null || view.unread;
}

/** Whether a search covers less than everything. */
export function isSearchNarrowed({ folder, status, tag, accountId, unread }: Scope): boolean {
  return folder !== 'all' || status !== 'any' || tag !== null || accountId !== null || unread;
}

/** The scope a search starts with. It takes over the filters of the list, but not its folder. */
export function scopeFrom({ status, tag, accountId, unread }: View): Scope {
  return { folder: 'all', status: status === 'active' ? 'any' : status, tag, accountId, unread };
}

/** Number of threads in a view if the server counts them, else null. */
export function countedIn(view: View, counts: Counts): number | null {
  if (typeof view.folder !== 'string') return null;
  if (!isNarrowed(view)) return counts[view.folder];
  return view.folder === 'all' && !isNarrowed({ ...view, unread: false }) ? counts.unread : null;
}

type Lists = Readonly<Record<string, ListPage>>;

/** Positive where `b` comes first in the order. */
const compareIn = (order: ThreadOrder, a: Place, b: Place): number =>
  order === 'newest' ? compareThreads(a, b) : compareThreads(b, a);

/**
 * The loaded pages, from one end, of a view and of the list of all active threads. That list holds all threads that are
 * not resolved, so it covers every other view.
 */
function pagesOf(order: ThreadOrder, view: View, lists: Lists): readonly ListPage[] {
  const views = view.status === 'resolved' ? [view] : [view, DEFAULT_VIEW];
  return views.map((one) => lists[viewKey({ ...one, order })]).filter((page) => page !== undefined);
}

/** How far a view is known without gaps from the given end; null when all of it is. */
function knownFrom(order: ThreadOrder, view: View, lists: Lists): Place | 'nowhere' | null {
  const pages = pagesOf(order, view, lists);
  if (pages.some(({ next }) => next === null)) return null;
  const ends = pages.map(({ frontier }) => frontier).filter((end) => end !== null);
  return ends.sort((a, b) => compareIn(order, a, b)).at(-1) ?? 'nowhere';
}

/** How far a view is known in its own order; null when all of it is, also when the parts known from both ends meet. */
function knownTo(view: View, lists: Lists): Place | 'nowhere' | null {
  const newest = knownFrom('newest', view, lists);
  const oldest = knownFrom('oldest', view, lists);
  if (newest === null || oldest === null) return null;
  if (newest !== 'nowhere' && oldest !== 'nowhere' && compareThreads(oldest, newest) <= 0) return null;
  return view.order === 'newest' ? newest : oldest;
}

/** Whether the rest of a view must be requested from the server. */
export function hasMore(view: View, lists: Lists): boolean {
  return knownTo(view, lists) !== null;
}

/**
 * Ids of the threads in a view, in its order and as far as it is known, at most `most`. One pass over the known
 * threads.
 */
export function threadsInView(inbox: InboxState, view: View, lists: Lists, most = Infinity): readonly string[] {
  const end = knownTo(view, lists);
  if (end === 'nowhere') return [];
  const ids: string[] = [];
  for (const id of view.order === 'newest' ? inbox.order : inbox.order.toReversed()) {
    const thread = inbox.threads.get(id);
    if (thread === undefined) continue;
    if (end !== null && compareIn(view.order, thread, end) > 0) break;
    if (isInView(thread, view, inbox.me)) ids.push(id);
    if (ids.length === most) break;
  }
  return ids;
}

/** The text without case and accents, for comparing what is typed. */
export const normal = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** Whether what was typed is part of the contact's phone number: three digits or more, whatever is between them. */
export function hasNumber({ phone }: Pick<Contact, 'phone'>, query: string): boolean {
  const digits = query.replace(/[^\d]/g, '');
  return digits.length >= 3 && (phone ?? '').includes(digits);
}

/**
 * Whether a thread matches by what the client knows of it: contact name, phone number, preview of the last message,
 * tag.
 */
export function matchesLocally(thread: Thread, query: string): boolean {
  const wanted = normal(query);
  if (hasNumber(thread.contact, query)) return true;
  if (normal(thread.contact.displayName).includes(wanted)) return true;
  return (
    normal(thread.lastMessage?.preview ?? '').includes(wanted) || thread.tags.some((tag) => normal(tag) === wanted)
  );
}

/** Ids of the known threads within the scope that match locally or are among the server's hits. */
export function threadsFound(
  inbox: InboxState,
  { query, scope, ids }: Pick<SearchState, 'query' | 'scope' | 'ids'>,
): readonly string[] {
  return inbox.order.filter((id) => {
    const thread = inbox.threads.get(id);
    if (thread === undefined || !isInView(thread, scope, inbox.me)) return false;
    return ids.has(id) || matchesLocally(thread, query);
  });
}

/**
 * How much of the 24-hour window is left, in the steps the screen shows. `leftMs` is 0 when there is no window or it
 * has closed.
 */
export interface WindowState {
  readonly level: 'none' | 'open' | 'soon' | 'urgent' | 'closed';
  readonly leftMs: number;
}

/** Computes the state of a thread's customer service window. `now` is in server milliseconds. */
export function windowState(windowExpiresAt: string | null, needsWindow: boolean, now: number): WindowState {
  if (windowExpiresAt === null) return { level: needsWindow ? 'closed' : 'none', leftMs: 0 };
  const leftMs = Date.parse(windowExpiresAt) - now;
  if (leftMs <= 0) return { level: 'closed', leftMs: 0 };
  if (leftMs < 15 * 60_000) return { level: 'urgent', leftMs };
  return { level: leftMs < 2 * 3_600_000 ? 'soon' : 'open', leftMs };
}

/** The window of a thread now. Numbers linked as a phone have none. */
export function windowOf({ windowExpiresAt }: Thread, account: Account | undefined, now: number): WindowState {
  const needsWindow = account?.capabilities !== undefined && account.capabilities.windowMs !== null;
  return windowState(windowExpiresAt, needsWindow, now);
}
