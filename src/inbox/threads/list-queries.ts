/** Statements that read many threads, always narrowed to what the caller may see. */
import type { Counts, ThreadFilter } from '../../contract/commands.ts';
import { MOST_COUNTED } from '../../contract/count-limit.ts';
import type { Thread } from '../../contract/entities.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { CommandContext } from '../command.ts';
import { allOf, anyOf, type Fragment } from '../fragments.ts';
import { threadScope, type InboxAbility } from '../team/ability.ts';
import type { PageEnd } from './page.ts';

/** More search hits than this are not looked at; the newest of them are shown. */
const SEARCH_CAP = 500;

/** The ability as a condition on `threads t`: the same rules that decide in memory. */
export function visibleThreads(tx: Tx, ability: InboxAbility): Fragment {
  const scope = threadScope(ability);
  if (scope.all) return tx`true`;
  return anyOf(tx, [
    ...(scope.assigneeIds.length > 0 ? [tx`t.assignee_id = any(${[...scope.assigneeIds]}::uuid[])`] : []),
    ...(scope.unassigned ? [tx`t.assignee_id is null`] : []),
  ]);
}

function filterConditions({ tx, caller }: CommandContext, filter: ThreadFilter): Fragment[] {
  const { status, assignee, tag, accountId, q } = filter;
  return [
    ...(status === undefined ? [] : [tx`t.status = ${status}`]),
    ...(assignee === undefined
      ? []
      : [
          assignee === 'none'
            ? tx`t.assignee_id is null`
            : tx`t.assignee_id = ${assignee === 'me' ? caller.memberId : assignee}`,
        ]),
    ...(tag === undefined ? [] : [tx`t.tags @> array[${tag}]::text[]`]),
    ...(accountId === undefined ? [] : [tx`t.account_id = ${accountId}`]),
    ...(q === undefined || q === '' ? [] : [tx`t.id in (select search_threads(${q}, ${SEARCH_CAP}))`]),
  ];
}

/** One thread and where it stands in the list. */
export interface ListedThread extends PageEnd {
  readonly thread: Thread;
}

/** What to read: at most `limit` threads after `after`, newest activity first. */
export interface ThreadPage {
  readonly filter: ThreadFilter;
  readonly after: PageEnd | null;
  readonly limit: number;
}

/**
 * Index: threads_by_activity, read in order; a search goes by threads' primary key, its texts and names by the indexes
 * named at search_threads. Lock: none.
 */
export async function selectThreadPage(context: CommandContext, page: ThreadPage): Promise<ListedThread[]> {
  const { tx, caller, ability } = context;
  const after = page.after;
  const where = allOf(tx, [
    tx`t.tenant_id = ${caller.tenantId}`,
    visibleThreads(tx, ability),
    ...filterConditions(context, page.filter),
    ...(after === null ? [] : [tx`(t.last_activity_at, t.id) < (${after.at}::timestamptz, ${after.id}::uuid)`]),
  ]);
  return tx<ListedThread[]>`
    select e.entity as thread, t.id,
      to_char(t.last_activity_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
    from threads t join thread_entities e on e.tenant_id = t.tenant_id and e.id = t.id
    where ${where}
    order by t.last_activity_at desc, t.id desc limit ${page.limit}`;
}

/**
 * Threads that are not resolved and that the caller may see, each figure up to MOST_COUNTED: what a snapshot costs does not
 * grow with the business. Indexes: threads_open_by_assignee and threads_unread, both without reading rows where the
 * visibility map allows. Lock: none.
 */
export async function selectCounts({ tx, caller, ability }: CommandContext): Promise<Counts> {
  const counted = (condition: Fragment): Fragment => tx`(select count(*)::int from (
    select from threads t where t.tenant_id = ${caller.tenantId} and t.status <> 'resolved' and ${condition}
      and ${visibleThreads(tx, ability)} limit ${MOST_COUNTED}) few)`;
  const rows = await tx<Counts[]>`
    select ${counted(tx`t.assignee_id = ${caller.memberId}`)} as mine, ${counted(tx`t.assignee_id is null`)} as unassigned,
      ${counted(tx`true`)} as "all", ${counted(tx`t.unread_count > 0`)} as unread`;
  return rows[0] ?? { mine: 0, unassigned: 0, all: 0, unread: 0 };
}

/** The tenant's catalog of tags, by name, the first 1,000. Index: tags primary key. Lock: none. */
export async function selectTags(tx: Tx, tenantId: string): Promise<string[]> {
  const rows = await tx<{ name: string }[]>`
    select name from tags where tenant_id = ${tenantId} order by name limit 1000`;
  return rows.map(({ name }) => name);
}
