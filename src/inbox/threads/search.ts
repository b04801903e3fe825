/**
 * Search among the threads the caller may see. Common words are soon found in the first threads of the list, where an
 * index would read all their entries; rare words cost an index little.
 */
import type { CommandContext } from '../command.ts';
import { allOf, type Fragment } from '../fragments.ts';
import type { Tx } from '../../platform/postgres.ts';
import { inOrder, listConditions, selectListed, type ListedThread, type ThreadPage } from './list-queries.ts';

/** Whether a search is common is judged by the business's newest threads and the newest messages of each. */
const SAMPLE = { threads: 100, messages: 20 };

/**
 * Matches in the sample from which a search is common. Then ten times as many of the newest threads usually fill a
 * page.
 */
const COMMON = 6;

/** Threads that are searched one by one for something common. */
const LOOKED_THROUGH = 1000;

/** At most 20 times this many index hits are looked at. */
export const SEARCH_CAP = 500;

/** A page in its order. `q`: part of a name or number, or words of a text, the last of them possibly incomplete. */
export async function searchThreads(context: CommandContext, q: string, page: ThreadPage): Promise<ListedThread[]> {
  if (await isCommon(context, q)) {
    const found = await selectAmongFirst(context, q, page);
    if (found.length === page.limit || (await isShort(context, page))) return found;
  }
  return selectIndexed(context, q, page);
}

/** Whether many have it. Indexes: threads_by_activity, then for each thread those of matchesThread. Lock: none. */
export async function isCommon({ tx, caller }: CommandContext, q: string): Promise<boolean> {
  const rows = await tx`
    select from (select t.tenant_id, t.id, t.contact_id from threads t where t.tenant_id = ${caller.tenantId}
        and t.activity_slot > '-infinity' ${inOrder(tx, 'newest')} limit ${SAMPLE.threads}) t
    where ${matchesThread(tx, q, SAMPLE.messages)} limit ${COMMON}`;
  return rows.length === COMMON;
}

/** Indexes: the same. Lock: none. */
async function selectAmongFirst(context: CommandContext, q: string, page: ThreadPage): Promise<ListedThread[]> {
  const { tx } = context;
  const threads = tx`(select t.tenant_id, t.id, t.contact_id, t.activity_slot, t.last_activity_at from threads t
    where ${allOf(tx, listConditions(context, page))}
    ${inOrder(tx, page.order)} limit ${LOOKED_THROUGH}) t`;
  return selectListed(tx, { threads, conditions: [matchesThread(tx, q, null)], page });
}

/** Whether the rest of the list is no longer than what was already searched. Index: threads_by_activity. Lock: none. */
async function isShort(context: CommandContext, page: ThreadPage): Promise<boolean> {
  const { tx } = context;
  const rows = await tx`
    select from threads t where ${allOf(tx, listConditions(context, page))} limit ${LOOKED_THROUGH}`;
  return rows.length < LOOKED_THROUGH;
}

/** Index: threads primary key for each that search_threads finds, by the indexes named there. Lock: none. */
async function selectIndexed(context: CommandContext, q: string, page: ThreadPage): Promise<ListedThread[]> {
  const { tx } = context;
  const conditions = [...listConditions(context, page), tx`t.id in (select search_threads(${q}, ${SEARCH_CAP}))`];
  return selectListed(tx, { threads: tx`threads t`, conditions, page });
}

/**
 * Whether a message `m` has the words; one that was deleted has none. First looks for the longest word as plain text,
 * which is cheaper than tokenising every text.
 */
export const hasWords = (tx: Tx, q: string): Fragment => tx`m.revoked_at is null
  and strpos(lower(m.text), (select longest_word(${q}))) > 0 and to_tsvector('simple', m.text) @@ (select prefix_query(${q}))`;

/**
 * Whether search_threads would find `t`, looking at its newest `messages` (null: all). Scalar sub-queries, because `exists` may be evaluated for
 * the whole table at once. Indexes: contacts primary key, contact_addresses_by_contact, messages_by_thread,
 * contact_merges_standing.
 */
function matchesThread(tx: Tx, q: string, messages: number | null): Fragment {
  return tx`coalesce(
    (select true from contacts c
      where c.tenant_id = t.tenant_id and c.id = t.contact_id and strpos(lower(c.display_name), lower(${q})) > 0),
    (select true from contact_addresses a
      where a.tenant_id = t.tenant_id and a.contact_id = t.contact_id and strpos(a.value, (select searched_digits(${q}))) > 0
      limit 1),
    (select true from (select m.text, m.revoked_at from messages m
        where m.tenant_id = t.tenant_id and m.thread_id = t.id order by m.position desc limit ${messages}) m
      where ${hasWords(tx, q)} limit 1),
    (select true from contact_merges g where g.tenant_id = t.tenant_id and g.into_contact_id = t.contact_id
        and g.undone_at is null and has_merged_name(t.tenant_id, t.contact_id, ${q}) limit 1),
    false)`;
}
