/** Statements on messages and reactions that commands use. Lock order: the thread's row first. */
import type { Note } from '../../contract/entities.ts';
import type { CommandId, MediaId, MemberId, MessageId, ThreadId } from '../../contract/ids.ts';
import type { Message } from '../../contract/message.ts';
import type { Priority, SendableKind } from '../../contract/send-input.ts';
import type { Statement, Tx } from '../../platform/postgres.ts';

/** The part of a message that commands need. */
export interface MessageRow {
  readonly id: MessageId;
  readonly threadId: ThreadId;
  readonly direction: 'inbound' | 'outbound';
  readonly kind: string;
  readonly status: Message['status'];
  readonly position: string;
  readonly providerMessageId: string | null;
  readonly error: { readonly retryable?: boolean } | null;
  readonly revokedAt: Date | null;
}

/** Index: messages primary key. Lock: none; lock the thread's row before deciding anything by it. */
export async function selectMessage(tx: Tx, tenantId: string, messageId: string): Promise<MessageRow | null> {
  const rows = await tx<MessageRow[]>`
    select m.id, m.thread_id as "threadId", m.direction, m.kind, m.status, m.position,
      m.provider_message_id as "providerMessageId", m.error, m.revoked_at as "revokedAt"
    from messages m where m.tenant_id = ${tenantId} and m.id = ${messageId}`;
  return rows[0] ?? null;
}

/** The message as clients see it, in this transaction. Index: messages primary key. Lock: none. */
export async function selectMessageEntity(tx: Tx, tenantId: string, messageId: string): Promise<Message> {
  const rows = await tx<{ message: Message }[]>`
    select e.entity as message from message_entities e where e.tenant_id = ${tenantId} and e.id = ${messageId}`;
  const [row] = rows;
  if (row === undefined) throw new Error('A message of a locked thread has gone.');
  return row.message;
}

/** Messages before a position (null: the newest), newest first. Index: messages_by_thread, read in order. Lock: none. */
export async function selectMessagePage(
  tx: Tx,
  thread: { readonly tenantId: string; readonly threadId: string },
  before: string | null,
  limit: number,
): Promise<Message[]> {
  const rows = await tx<{ message: Message }[]>`
    select e.entity as message from messages m
    join message_entities e on e.tenant_id = m.tenant_id and e.id = m.id
    where m.tenant_id = ${thread.tenantId} and m.thread_id = ${thread.threadId}
      ${before === null ? tx`` : tx`and m.position < ${before}`}
    order by m.position desc limit ${limit}`;
  return rows.map(({ message }) => message);
}

/** Messages from a position on, or only after it, oldest first. Index: messages_by_thread, read backwards. Lock: none. */
export async function selectNewerPage(
  tx: Tx,
  thread: { readonly tenantId: string; readonly threadId: string },
  { from, isIncluded }: { readonly from: string; readonly isIncluded: boolean },
  limit: number,
): Promise<Message[]> {
  const rows = await tx<{ message: Message }[]>`
    select e.entity as message from messages m
    join message_entities e on e.tenant_id = m.tenant_id and e.id = m.id
    where m.tenant_id = ${thread.tenantId} and m.thread_id = ${thread.threadId}
      and ${isIncluded ? tx`m.position >= ${from}` : tx`m.position > ${from}`}
    order by m.position limit ${limit}`;
  return rows.map(({ message }) => message);
}

/** The newest 200 notes of a thread, oldest first. Index: notes_by_thread. Lock: none. */
export async function selectNotes(tx: Tx, tenantId: string, threadId: string): Promise<Note[]> {
  const rows = await tx<{ note: Note }[]>`
    select e.entity as note from notes n
    join note_entities e on e.tenant_id = n.tenant_id and e.id = n.id
    where n.tenant_id = ${tenantId} and n.thread_id = ${threadId}
    order by n.created_at desc, n.id desc limit 200`;
  return rows.map(({ note }) => note).reverse();
}

/** The newest message after a position that somebody other than the member wrote. Index: messages_by_thread. */
export async function selectNewerByOthers(
  tx: Tx,
  thread: { readonly tenantId: string; readonly threadId: string },
  after: string,
  memberId: MemberId,
): Promise<Message | null> {
  const rows = await tx<{ message: Message }[]>`
    select e.entity as message from messages m
    join message_entities e on e.tenant_id = m.tenant_id and e.id = m.id
    where m.tenant_id = ${thread.tenantId} and m.thread_id = ${thread.threadId} and m.position > ${after}
      and (m.author_type <> 'member' or m.author_id is distinct from ${memberId})
    order by m.position desc limit 1`;
  return rows[0]?.message ?? null;
}

/** A message about to be queued for the provider. */
export interface NewMessage {
  readonly id: MessageId;
  readonly tenantId: string;
  readonly threadId: ThreadId;
  readonly accountId: string;
  readonly kind: Exclude<SendableKind, 'reaction'>;
  readonly text: string | null;
  readonly mediaId: MediaId | null;
  readonly content: Readonly<Record<string, unknown>> | null;
  readonly replyTo: MessageRow | null;
  readonly priority: Priority;
  readonly authorId: MemberId;
  readonly commandId: CommandId | null;
  readonly at: Date;
  readonly position: string;
}

/**
 * Queues a message and updates its thread: last message, activity, and reopened if it was snoozed. Unread stays. The
 * thread's row lock is held. Index: threads primary key.
 */
export function queueMessage(tx: Tx, message: NewMessage): Statement {
  const { replyTo, content, at } = message;
  return tx`
    with queued as (
      insert into messages (tenant_id, id, thread_id, account_id, direction, kind, text, media_id, content,
        reply_message_id, reply_provider_id, send_state, status, author_type, author_id, command_id, sent_at, received_at,
        position, next_attempt_at, priority)
      values (${message.tenantId}, ${message.id}, ${message.threadId}, ${message.accountId}, 'outbound', ${message.kind},
        ${message.text}, ${message.mediaId}, ${content === null ? null : tx.json(content as never)},
        ${replyTo?.id ?? null}, ${replyTo?.providerMessageId ?? null}, 'queued', 'queued', 'member', ${message.authorId},
        ${message.commandId}, ${at}, ${at}, ${message.position}, clock_timestamp(), ${message.priority})
      returning tenant_id, id, thread_id, position, sent_at
    )
    update threads t set last_message_id = q.id, last_position = q.position,
      last_activity_at = greatest(t.last_activity_at, q.sent_at), version = t.version + 1,
      status = case when t.status = 'snoozed' then 'open' else t.status end, snoozed_until = null
    from queued q where t.tenant_id = q.tenant_id and t.id = q.thread_id`;
}

/**
 * Puts a message that failed, or whose outcome is unknown, back into the queue, with a person's priority. The thread's
 * row lock is held.
 */
export async function requeueMessage(tx: Tx, tenantId: string, messageId: string): Promise<void> {
  await tx`
    update messages m set send_state = 'queued', status = 'queued', next_attempt_at = clock_timestamp(), attempt_id = null,
      priority = 'agent', attempt_started_at = null, provider_message_id = null, at_sent = null, at_failed = null, error = null,
      version = m.version + 1
    where m.tenant_id = ${tenantId} and m.id = ${messageId}`;
}

/** Raises the thread's version if this is its last message, whose state the thread shows. Row lock is held. */
export async function bumpIfLast(tx: Tx, tenantId: string, threadId: string, messageId: string): Promise<boolean> {
  const rows = await tx`
    update threads t set version = t.version + 1
    where t.tenant_id = ${tenantId} and t.id = ${threadId} and t.last_message_id = ${messageId} returning 1`;
  return rows.length > 0;
}
