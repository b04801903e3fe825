/** The entries of conversations: as the log tells what is new, and as they are stored. */
import type { TenantId } from '../../contract/ids.ts';
import type { Fragment } from '../fragments.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Entry } from './turns.ts';

/** An event of the log as far as it is counted. `entry`: the message it brought; a backlog's and a notice are none. */
export interface CountedEvent {
  readonly seq: number;
  readonly at: Date;
  readonly type: string;
  readonly threadId: string | null;
  readonly entry: Entry | null;
}

interface EventRow extends Omit<CountedEvent, 'entry'> {
  readonly id: string | null;
  readonly receivedAt: Date | null;
  readonly direction: 'inbound' | 'outbound' | null;
  readonly memberId: string | null;
}

/** The next events, in order. Index: tenant_events primary key. Locks nothing. */
export async function selectEvents(
  tx: Tx,
  tenantId: TenantId,
  { after, to, limit }: { readonly after: number; readonly to: number; readonly limit: number },
): Promise<CountedEvent[]> {
  const rows = await tx<EventRow[]>`
    select e.seq, e.at, e.type, e.thread_id as "threadId", m.id, m."receivedAt", m.direction,
      case when m.author->>'type' = 'member' then (m.author->>'id')::uuid end as "memberId"
    from tenant_events e left join lateral json_to_record(e.data->'message') as m
      (id uuid, direction text, kind text, author json, "receivedAt" timestamptz, backlog boolean)
      on e.type = 'message.created' and m.kind <> 'system' and m.backlog is not true
    where e.tenant_id = ${tenantId} and e.seq > ${after} and e.seq <= ${to} order by e.seq limit ${limit}`;
  return rows.map(({ seq, at, type, threadId, id, receivedAt, direction, memberId }) => {
    const isEntry = threadId !== null && id !== null && receivedAt !== null && direction !== null;
    const entry = isEntry ? { threadId, id, at: receivedAt, type: direction, memberId } : null;
    return { seq, at, type, threadId, entry };
  });
}

/** All messages of some conversations that are entries. Index: messages_by_thread. Locks nothing. */
export async function selectMessageEntries(tx: Tx, tenantId: TenantId, threadIds: readonly string[]): Promise<Entry[]> {
  return tx<Entry[]>`
    select m.thread_id as "threadId", m.id, m.received_at as at, m.direction as type, ${authorOf(tx)} as "memberId"
    from messages m
    where m.tenant_id = ${tenantId} and m.thread_id = any(${[...threadIds]}::uuid[]) and ${isEntry(tx)}`;
}

/** Of `messages m`: neither of a phone's history nor a notice. */
export function isEntry(tx: Tx): Fragment {
  return tx`not m.history and m.kind <> 'system'`;
}

/** Of `messages m`: the member who wrote it. */
export function authorOf(tx: Tx): Fragment {
  return tx`case when m.author_type = 'member' then m.author_id end`;
}

/** Of `audit_log a`: a status set to resolved, or from it to another. */
export function isTurn(tx: Tx): Fragment {
  return tx`a.action = 'thread.status_set' and (a.details->>'to' = 'resolved') <> (a.details->>'from' = 'resolved')`;
}

/** Of `audit_log a`, as precise as what is told of messages. */
export function momentOf(tx: Tx): Fragment {
  return tx`date_trunc('milliseconds', a.at)`;
}

/** Of `audit_log a`. */
export function actorOf(tx: Tx): Fragment {
  return tx`case when a.actor_type = 'member' then a.actor_id end`;
}

/** Before an event is told, its command may have run as long as this, with a clock of another machine. */
const MARGIN_MS = 60_000;

/** A stretch of time, for ids that were made in it. */
export interface Stretch {
  readonly from: Date;
  readonly to: Date;
}

/**
 * The changes of status that were recorded about that time, perhaps some before and after it as well. Index: audit_log primary
 * key, by the time in its ids. Locks nothing.
 */
export async function selectStatusEntries(
  tx: Tx,
  tenantId: TenantId,
  stretch: Stretch,
  threadIds: readonly string[],
): Promise<Entry[]> {
  return tx<Entry[]>`
    select a.subject_id::uuid as "threadId", a.id, ${momentOf(tx)} as at, ${actorOf(tx)} as "memberId",
      case when a.details->>'to' = 'resolved' then 'resolved' else 'reopened' end as type
    from audit_log a
    where a.tenant_id = ${tenantId} and a.id between ${lowestId(stretch)}::uuid and ${highestId(stretch)}::uuid
      and a.subject_id = any(${[...threadIds]}::text[]) and ${isTurn(tx)}`;
}

/**
 * The conversations of contacts that were merged, or parted again, about that time. Indexes: audit_log primary key as above,
 * threads_contact_key. Locks nothing.
 */
export async function selectMergedThreads(tx: Tx, tenantId: TenantId, stretch: Stretch): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    select distinct t.id
    from audit_log a
    join contact_merges g on g.tenant_id = a.tenant_id and g.id = (a.details->>'mergeId')::uuid
    join threads t on t.tenant_id = a.tenant_id and t.contact_id in (g.from_contact_id, g.into_contact_id)
    where a.tenant_id = ${tenantId} and a.id between ${lowestId(stretch)}::uuid and ${highestId(stretch)}::uuid
      and a.action in ('contact.merged', 'contact.unmerged')`;
  return rows.map(({ id }) => id);
}

function lowestId({ from }: Stretch): string {
  return `${timePart(from.getTime() - MARGIN_MS)}-0000-0000-000000000000`;
}

function highestId({ to }: Stretch): string {
  return `${timePart(to.getTime() + MARGIN_MS)}-ffff-ffff-ffffffffffff`;
}

/** What a UUIDv7 of that moment begins with. */
function timePart(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
