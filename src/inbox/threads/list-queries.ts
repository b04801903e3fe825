/** Statements that read many threads, always restricted to what the caller may see. */
import type { Counts, ThreadFilter, ThreadOrder } from '../../contract/commands.ts';
import { MOST_COUNTED } from '../../contract/count-limit.ts';
import type { Thread } from '../../contract/entities.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { CommandContext } from '../command.ts';
import { allOf, anyOf, type Fragment } from '../fragments.ts';
import { threadScope, type InboxAbility } from '../team/ability.ts';
import type { PageEnd } from './page.ts';

/** The ability as a condition on `threads t`, from the same rules that decide in memory. */
export function visibleThreads(tx: Tx, ability: InboxAbility): Fragment {
  const scope = threadScope(ability);
  if (scope.all) return tx`true`;
  return anyOf(tx, [
    ...(scope.assigneeIds.length > 0 ? [tx`t.assignee_id = any(${[...scope.assigneeIds]}::uuid[])`] : []),
    ...(scope.unassigned ? [tx`t.assignee_id is null`] : []),
  ]);
}

/**
 * Most threads of a business end up resolved. The others are named status by status, so that their partial indexes can
 * be used.
 */
function statusConditions(tx: Tx, status: ThreadFilter['status']): Fragment[] {
  if (status === undefined) return [];
  if (status === 'resolved') return [tx`t.status = 'resolved'`];
  return [tx`t.status <> 'resolved'`, ...(status === 'active' ? [] : [tx`t.status = ${status}`])];
}

function filterConditions({ tx, caller }: CommandContext, filter: ThreadFilter): Fragment[] {
  const { status, assignee, tag, accountId, unread } = filter;
  return [
    ...statusConditions(tx, status),
    ...(assignee === undefined
      ? []
      : [
          assignee === 'none'
            ? tx`t.assignee_id is null`
            : tx`t.assignee_id = ${assignee === 'me' ? caller.memberId : assignee}`,
        ]),
    ...(tag === undefined ? [] : [tx`t.tags @> array[${tag}]::text[]`]),
    ...(accountId === undefined ? [] : [tx`t.account_id = ${accountId}`]),
    ...(unread === true ? [tx`t.has_unread`] : []),
  ];
}

/** One thread and its place in the list. */
export interface ListedThread extends PageEnd {
  readonly thread: Thread;
}

/** What to read: at most `limit` threads after `after` in the order. */
export interface ThreadPage {
  readonly filter: ThreadFilter;
  readonly order: ThreadOrder;
  readonly after: PageEnd | null;
  readonly limit: number;
}

/**
 * Order of `threads t`: by last activity. Its slot of ten seconds comes first, because the indexes name only that, newest
 * first; they are read backwards for oldest first, and each slot is sorted.
 */
export function inOrder(tx: Tx, order: ThreadOrder): Fragment {
  return order === 'newest'
    ? tx`order by t.activity_slot desc, t.last_activity_at desc, t.id desc`
    : tx`order by t.activity_slot, t.last_activity_at, t.id`;
}

/** Passed as text, because a timestamp parameter would go through a Date, which has no microseconds. */
function beyond(tx: Tx, { at, id }: PageEnd, order: ThreadOrder): Fragment {
  return order === 'newest'
    ? tx`t.activity_slot <= ${at}::text::timestamptz
        and (t.last_activity_at, t.id) < (${at}::text::timestamptz, ${id}::uuid)`
    : tx`t.activity_slot > ${at}::text::timestamptz - interval '10 seconds'
        and (t.last_activity_at, t.id) > (${at}::text::timestamptz, ${id}::uuid)`;
}

/**
 * The threads of a list after the page's start, as conditions on `threads t`. The statement adds what is searched for.
 */
export function listConditions(context: CommandContext, { filter, order, after }: ThreadPage): Fragment[] {
  const { tx, caller, ability } = context;
  return [
    tx`t.tenant_id = ${caller.tenantId}`,
    // Erased threads have no finite activity. Row-level security hides them too, but only after reading them.
    tx`t.activity_slot > '-infinity'`,
    visibleThreads(tx, ability),
    ...filterConditions(context, filter),
    ...(after === null ? [] : [beyond(tx, after, order)]),
  ];
}

/** A page of the rows of `threads`, a table expression named `t`, that satisfy `conditions`. Lock: none. */
export async function selectListed(
  tx: Tx,
  { threads, conditions, page }: { threads: Fragment; conditions: readonly Fragment[]; page: ThreadPage },
): Promise<ListedThread[]> {
  return tx<ListedThread[]>`
    select e.entity as thread, t.id,
      to_char(t.last_activity_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
    from ${threads} join thread_entities e on e.tenant_id = t.tenant_id and e.id = t.id
    where ${allOf(tx, conditions)}
    ${inOrder(tx, page.order)} limit ${page.limit}`;
}

/**
 * Index: threads_open_by_activity, or threads_by_activity if resolved ones are included, read in order or, for oldest
 * first, backwards; where few threads match, threads_open_by_assignee, threads_by_assignee and threads_unread. Lock:
 * none.
 */
export async function selectThreadPage(context: CommandContext, page: ThreadPage): Promise<ListedThread[]> {
  const { tx } = context;
  return selectListed(tx, { threads: tx`threads t`, conditions: listConditions(context, page), page });
}

/**
 * Counts threads that are not resolved and that the caller may see, each figure up to MOST_COUNTED, so that the cost of
 * a snapshot does not grow with the business. Indexes: threads_open_by_assignee and threads_unread, which have all that
 * is asked, row-level security included: rows are read only where the visibility map does not tell. Lock: none.
 */
export async function selectCounts({ tx, caller, ability }: CommandContext): Promise<Counts> {
  const counted = (condition: Fragment): Fragment => tx`(select count(*)::int from (
    select from threads t where t.tenant_id = ${caller.tenantId} and t.status <> 'resolved' and ${condition}
      and ${visibleThreads(tx, ability)} limit ${MOST_COUNTED}) few)`;
  const rows = await tx<Counts[]>`
    select ${counted(tx`t.assignee_id = ${caller.memberId}`)} as mine, ${counted(tx`t.assignee_id is null`)} as unassigned,
      ${counted(tx`true`)} as "all", ${counted(tx`t.has_unread`)} as unread`;
  return rows[0] ?? { mine: 0, unassigned: 0, all: 0, unread: 0 };
}

/** The tenant's catalog of tags, by name, the first 1,000. Index: tags primary key. Lock: none. */
export async function selectTags(tx: Tx, tenantId: string): Promise<string[]> {
  const rows = await tx<{ name: string }[]>`
    select name from tags where tenant_id = ${tenantId} order by name limit 1000`;
  return rows.map(({ name }) => name);
}
