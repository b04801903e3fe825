/** Statements that find messages by the words of their text. */
import type { ThreadId } from '../../contract/ids.ts';
import type { TextHit } from '../../contract/text-hits.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { CommandContext } from '../command.ts';
import { allOf, type Fragment } from '../fragments.ts';
import { visibleThreads } from './list-queries.ts';
import { hasWords, SEARCH_CAP } from './search.ts';
import { MARKS, snippetOf } from './snippet.ts';

/** Of a conversation so many messages are looked through at a time. */
const LOOKED_THROUGH = 5000;

/** The same of each conversation of a list, for words that many have: their newest message with them is seldom far. */
const LOOKED_THROUGH_EACH = 1000;

/** A few words around what was found. */
const HEADLINE = `StartSel=${MARKS.begins}, StopSel=${MARKS.ends}, MaxFragments=1, MaxWords=20, MinWords=8, ShortWord=0`;

type HitRow = Omit<TextHit, 'snippet'> & { readonly text: string; readonly headline: string };

const toHit = ({ text, headline, ...hit }: HitRow): TextHit => ({ ...hit, snippet: snippetOf(text, headline) });

/** The columns of a HitRow, of messages `m`. */
const columns = (tx: Tx, q: string): Fragment => tx`
  m.id as "messageId", m.thread_id as "threadId", m.position, m.direction, iso(m.sent_at) as "sentAt", m.text,
  json_build_object('type', m.author_type, 'id', m.author_id, 'name', m.author_name) as author,
  ts_headline('simple', translate(m.text, ${MARKS.begins + MARKS.ends}, ''), (select prefix_query(${q})), ${HEADLINE}) as headline`;

/** A conversation, from where on it is searched (null: its newest message), and for what. */
export interface Sought {
  readonly tenantId: string;
  readonly threadId: string;
  readonly q: string;
  readonly before: string | null;
}

const isBefore = (tx: Tx, { tenantId, threadId, before }: Sought): Fragment => tx`
  m.tenant_id = ${tenantId} and m.thread_id = ${threadId} ${before === null ? tx`` : tx`and m.position < ${before}`}`;

/**
 * Messages with the words among the next 5,000, newest first. Index: messages_by_thread, read in order as far as that,
 * or until there are enough. Lock: none.
 */
export async function selectHits(tx: Tx, sought: Sought, limit: number): Promise<TextHit[]> {
  const rows = await tx<HitRow[]>`
    select ${columns(tx, sought.q)} from (
      select m.* from (
        select m.* from messages m where ${isBefore(tx, sought)} order by m.position desc limit ${LOOKED_THROUGH}) m
      where ${hasWords(tx, sought.q)} order by m.position desc limit ${limit}) m
    order by m.position desc`;
  return rows.map(toHit);
}

/** How far selectHits has looked; null if to the beginning. Index: messages_by_thread, as far as that. Lock: none. */
export async function selectLookedTo(tx: Tx, sought: Sought): Promise<string | null> {
  const rows = await tx<{ position: string }[]>`
    select m.position from messages m where ${isBefore(tx, sought)}
    order by m.position desc offset ${LOOKED_THROUGH - 1} limit 1`;
  return rows[0]?.position ?? null;
}

/** Those of the conversations that the caller may see. Index: threads primary key. Lock: none. */
export async function selectVisible(
  { tx, caller, ability }: CommandContext,
  threadIds: readonly ThreadId[],
): Promise<ThreadId[]> {
  const conditions = [
    tx`t.tenant_id = ${caller.tenantId}`,
    tx`t.id = any (${[...threadIds]}::uuid[])`,
    visibleThreads(tx, ability),
  ];
  const rows = await tx<{ id: ThreadId }[]>`select t.id from threads t where ${allOf(tx, conditions)}`;
  return rows.map(({ id }) => id);
}

/** Conversations that the caller may see, and what they are searched for. */
export interface SoughtEach {
  readonly tenantId: string;
  readonly threadIds: readonly ThreadId[];
  readonly q: string;
}

/** Of each its newest message with words that many have, among its newest 1,000. Index: messages_by_thread. Lock: none. */
export async function selectCommonHits(tx: Tx, { tenantId, threadIds, q }: SoughtEach): Promise<TextHit[]> {
  const rows = await tx<HitRow[]>`
    select ${columns(tx, q)} from unnest(${[...threadIds]}::uuid[]) w (id) cross join lateral (
      select m.* from (
        select m.* from messages m where m.tenant_id = ${tenantId} and m.thread_id = w.id
        order by m.position desc limit ${LOOKED_THROUGH_EACH}) m
      where ${hasWords(tx, q)} order by m.position desc limit 1) m`;
  return rows.map(toHit);
}

/** The same for words that few have, of all its messages. Indexes: those of newest_hits, messages primary key. Lock: none. */
export async function selectRareHits(tx: Tx, { tenantId, threadIds, q }: SoughtEach): Promise<TextHit[]> {
  const rows = await tx<HitRow[]>`
    select ${columns(tx, q)} from newest_hits(${q}, ${[...threadIds]}::uuid[], ${SEARCH_CAP}) f (id)
    join messages m on m.tenant_id = ${tenantId} and m.id = f.id`;
  return rows.map(toHit);
}
