/** Statements on threads. Lock order: sql/README.md. */
import type { Thread } from '../../contract/entities.ts';
import type { Cursor } from '../../contract/events.ts';
import type { AccountId, ContactId, MemberId, ThreadId } from '../../contract/ids.ts';
import type { Message } from '../../contract/message.ts';
import type { Statement, Tx } from '../../platform/postgres.ts';
import type { AccountRow } from '../accounts/accounts.ts';
import type { Fragment } from '../fragments.ts';

/** The part of a thread that commands need. */
export interface ThreadRow {
  readonly id: ThreadId;
  readonly accountId: AccountId;
  readonly account: AccountRow;
  readonly contactId: ContactId;
  readonly status: Thread['status'];
  readonly assigneeId: MemberId | null;
  readonly tags: readonly string[];
  readonly unreadCount: number;
  readonly lastMessageId: string | null;
  readonly lastPosition: string | null;
  readonly windowExpiresAt: Date | null;
  readonly snoozedUntil: Date | null;
  readonly version: number;
}

/** The part of it that sending needs. */
export type SendThread = Pick<
  ThreadRow,
  'id' | 'accountId' | 'account' | 'assigneeId' | 'lastMessageId' | 'lastPosition' | 'windowExpiresAt'
>;

type AccountColumns = Omit<AccountRow, 'id'>;

/** A row of threadWithAccount. */
export type JoinedRow = Omit<ThreadRow, 'account'> & AccountColumns;

/** The select of a thread `t` with its account. Index: primary keys of threads and whatsapp_accounts. Lock: none. */
export const threadWithAccount = (tx: Tx, tenantId: string, threadId: string): Fragment => tx`
  select t.id, t.account_id as "accountId", t.contact_id as "contactId", t.status, t.assignee_id as "assigneeId", t.tags,
    t.unread_count as "unreadCount", t.last_message_id as "lastMessageId", t.last_position as "lastPosition",
    t.window_expires_at as "windowExpiresAt", t.snoozed_until as "snoozedUntil", t.version,
    a.provider, a.state, a.read_receipts as "readReceipts", a.disabled_at as "disabledAt"
  from threads t join whatsapp_accounts a on a.tenant_id = t.tenant_id and a.id = t.account_id
  where t.tenant_id = ${tenantId} and t.id = ${threadId}`;

/** Builds the thread from a row that also has its account's columns. */
export function threadOf<T extends Pick<ThreadRow, 'accountId'> & AccountColumns>(
  row: T,
): Omit<T, keyof AccountColumns> & Pick<ThreadRow, 'account'> {
  const { provider, state, readReceipts, disabledAt, ...thread } = row;
  return { ...thread, account: { id: row.accountId, provider, state, readReceipts, disabledAt } };
}

/** With its account. Index: primary keys of threads and whatsapp_accounts. Lock: none. */
export async function selectThread(tx: Tx, tenantId: string, threadId: string): Promise<ThreadRow | null> {
  const rows = await tx<JoinedRow[]>`${threadWithAccount(tx, tenantId, threadId)}`;
  return rows[0] === undefined ? null : threadOf(rows[0]);
}

/** As selectThread. Lock: the thread's row, `for no key update`, until the transaction ends. */
export async function selectThreadForUpdate(tx: Tx, tenantId: string, threadId: string): Promise<ThreadRow | null> {
  const rows = await tx<JoinedRow[]>`${threadWithAccount(tx, tenantId, threadId)} for no key update of t`;
  return rows[0] === undefined ? null : threadOf(rows[0]);
}

/** The thread as clients see it, in this transaction. Index: threads primary key. Lock: none. */
export async function selectThreadEntity(tx: Tx, tenantId: string, threadId: string): Promise<Thread> {
  const rows = await tx<{ thread: Thread }[]>`
    select e.entity as thread from thread_entities e where e.tenant_id = ${tenantId} and e.id = ${threadId}`;
  const [row] = rows;
  if (row === undefined) throw new Error('A locked thread has gone.');
  return row.thread;
}

/** The head of the tenant's log in this transaction's snapshot. Index: tenant_logs primary key. Lock: none. */
export async function selectCursor(tx: Tx, tenantId: string): Promise<Cursor> {
  const rows = await tx<Cursor[]>`select epoch, head as seq from tenant_logs where tenant_id = ${tenantId}`;
  const [row] = rows;
  if (row === undefined) throw new Error('A tenant without a log row.');
  return row;
}

/**
 * The assignee of a thread at an earlier version, if the log still contains it; otherwise undefined. Looks at the last
 * 500 events of the tenant. Index: tenant_events primary key. Lock: none.
 */
export async function selectAssigneeAt(
  tx: Tx,
  tenantId: string,
  threadId: string,
  version: number,
): Promise<string | null | undefined> {
  const rows = await tx<{ assigneeId: string | null }[]>`
    select e.assignee_before as "assigneeId" from tenant_events e
    where e.tenant_id = ${tenantId} and e.seq > (select l.head - 500 from tenant_logs l where l.tenant_id = ${tenantId})
      and e.thread_id = ${threadId} and e.type = 'thread.updated'
      and (e.data->'thread'->>'version')::int = ${version + 1}
    limit 1`;
  return rows[0]?.assigneeId;
}

/** Row lock is held already. Index: threads primary key. */
export function updateAssignee(tx: Tx, tenantId: string, threadId: string, to: string | null): Statement {
  return tx`
    update threads set assignee_id = ${to}, version = version + 1
    where tenant_id = ${tenantId} and id = ${threadId}`;
}

/** `snoozedUntil` null unless the status is snoozed. Row lock is held already. Index: threads primary key. */
export function updateStatus(
  tx: Tx,
  tenantId: string,
  threadId: string,
  to: { readonly status: Thread['status']; readonly snoozedUntil: Date | null },
): Statement {
  return tx`
    update threads set status = ${to.status}, snoozed_until = ${to.snoozedUntil}, version = version + 1
    where tenant_id = ${tenantId} and id = ${threadId}`;
}

/** Row lock is held already. Index: threads primary key. */
export function updateTags(tx: Tx, tenantId: string, threadId: string, tags: readonly string[]): Statement {
  return tx`
    update threads set tags = ${[...tags]}::text[], version = version + 1
    where tenant_id = ${tenantId} and id = ${threadId}`;
}

/** Adds names to the tenant's catalog, in name order so that two commands cannot deadlock. Index: tags primary key. */
export function insertTags(tx: Tx, tenantId: string, names: readonly string[]): Statement {
  return tx`
    insert into tags (tenant_id, name)
    select ${tenantId}, n.name from unnest(${[...names]}::text[]) as n (name) order by n.name
    on conflict do nothing`;
}

/**
 * Clears the unread flag of everything up to a position and recounts. Returns how many were cleared; 0 changes nothing.
 * The thread's row lock is held; then locks rows of messages. Index: messages_unread.
 */
export async function clearUnread(tx: Tx, tenantId: string, threadId: string, position: string): Promise<number> {
  const rows = await tx<{ cleared: number }[]>`
    with cleared as (
      update messages m set unread = false
      where m.tenant_id = ${tenantId} and m.thread_id = ${threadId} and m.unread and m.position <= ${position}
      returning 1
    ), counted as (select count(*)::int as n from cleared), updated as (
      update threads t set version = t.version + 1, unread_count = (
        select count(*) from messages m
        where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.unread and m.position > ${position})
      from counted c where c.n > 0 and t.tenant_id = ${tenantId} and t.id = ${threadId}
    )
    select n as cleared from counted`;
  return rows[0]?.cleared ?? 0;
}

/** Of a conversation the newest so many messages are looked through for what the customer wrote: it is locked meanwhile. */
export const LOOKED_THROUGH = 5000;

type OneThread = { readonly tenantId: string; readonly threadId: string };

/**
 * The messages `m` that the customer wrote from a position on, newest first. Leaves out what is never unread: notices and
 * imported history. Index: messages_by_thread, read backwards as far as the position. Lock: none.
 */
const byCustomer = (tx: Tx, { tenantId, threadId }: OneThread, from: string, most: number): Fragment => tx`
  from (
    select m.id, m.position, m.direction, m.kind, m.history from messages m
    where m.tenant_id = ${tenantId} and m.thread_id = ${threadId} and m.position >= ${from}
    order by m.position desc limit ${LOOKED_THROUGH}) m
  where m.direction = 'inbound' and m.kind <> 'system' and not m.history
  order by m.position desc limit ${most}`;

/** Ids of what the customer wrote from a position on, newest first, among the newest 5,000 messages. See byCustomer. */
export async function selectMarkable(tx: Tx, thread: OneThread, from: string, most: number): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`select m.id ${byCustomer(tx, thread, from, most)}`;
  return rows.map(({ id }) => id);
}

/** Whether a position is among the newest 5,000 of a thread. Index: messages_by_thread, as far as that. Lock: none. */
export async function isLookedThrough(tx: Tx, thread: OneThread, position: string): Promise<boolean> {
  const rows = await tx`
    select from messages m
    where m.tenant_id = ${thread.tenantId} and m.thread_id = ${thread.threadId} and m.position > ${position}
    order by m.position desc offset ${LOOKED_THROUGH - 1} limit 1`;
  return rows.length === 0;
}

/** A message of a thread. */
export interface SeenMessage {
  readonly id: string;
  readonly position: string;
}

/**
 * The customer's newest message that has come since another one, or null: it sorts after that one, among the newest
 * 5,000 messages, or it came late, sorts before it and is unread. Ids are given in the order of arrival.
 * Indexes: byCustomer's; messages_unread. Lock: none.
 */
export async function selectCameSince(tx: Tx, thread: OneThread, seen: SeenMessage): Promise<Message | null> {
  const { tenantId, threadId } = thread;
  const rows = await tx<{ message: Message }[]>`
    select e.entity as message from (
      (select m.id, m.position ${byCustomer(tx, thread, seen.position, 1)})
      union all
      (select m.id, m.position from messages m
        where m.tenant_id = ${tenantId} and m.thread_id = ${threadId} and m.unread and m.id > ${seen.id}
        order by m.position desc limit 1)
    ) c join message_entities e on e.tenant_id = ${tenantId} and e.id = c.id
    where c.id <> ${seen.id} order by c.position desc limit 1`;
  return rows[0]?.message ?? null;
}

/**
 * Sets the unread flag of these messages of the thread and counts them. Returns how many were read before; 0 changes
 * nothing. The thread's row lock is held; then locks rows of messages. Index: messages and threads primary keys.
 */
export async function flagUnread(tx: Tx, tenantId: string, threadId: string, ids: readonly string[]): Promise<number> {
  const rows = await tx<{ flagged: number }[]>`
    with flagged as (
      update messages m set unread = true
      where m.tenant_id = ${tenantId} and m.id = any (${[...ids]}::uuid[]) and not m.unread
      returning 1
    ), counted as (select count(*)::int as n from flagged), updated as (
      update threads t set version = t.version + 1, unread_count = t.unread_count + c.n
      from counted c where c.n > 0 and t.tenant_id = ${tenantId} and t.id = ${threadId}
    )
    select n as flagged from counted`;
  return rows[0]?.flagged ?? 0;
}

/** Position of a message of this thread, or null. Index: messages primary key. Lock: none. */
export async function selectPosition(
  tx: Tx,
  tenantId: string,
  threadId: string,
  messageId: string,
): Promise<string | null> {
  const rows = await tx<{ position: string }[]>`
    select m.position from messages m
    where m.tenant_id = ${tenantId} and m.id = ${messageId} and m.thread_id = ${threadId}`;
  return rows[0]?.position ?? null;
}

/**
 * The provider's id of the customer's newest message at or before a position; null when there is none.
 * Index: messages_by_thread, read backwards until the first inbound one. Lock: none.
 */
export async function selectNewestInboundId(
  tx: Tx,
  tenantId: string,
  threadId: string,
  upTo: string | null,
): Promise<string | null> {
  const rows = await tx<{ id: string }[]>`
    select m.provider_message_id as id from messages m
    where m.tenant_id = ${tenantId} and m.thread_id = ${threadId} and m.direction = 'inbound'
      and m.provider_message_id is not null and (${upTo}::text is null or m.position <= ${upTo})
    order by m.position desc limit 1`;
  return rows[0]?.id ?? null;
}
