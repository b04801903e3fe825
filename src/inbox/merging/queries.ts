/** Statements of merging and its undo. Lock order: contacts, then threads, each by id. */
import type { Contact, Thread } from '../../contract/entities.ts';
import type { AccountId, ContactId, MemberId, MergeId, MessageId, NoteId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';

/** The part of a contact that merging needs. */
export interface ContactRow {
  readonly id: ContactId;
  readonly mergedInto: ContactId | null;
  readonly isGroup: boolean;
}

/** A thread of one of the contacts, locked. */
export interface OwnedThread {
  readonly id: ThreadId;
  readonly accountId: AccountId;
  readonly contactId: ContactId;
  readonly assigneeId: MemberId | null;
}

/** A recorded merge. `folded` and `moved` as in contact_merges.before. */
export interface MergeRow {
  readonly id: MergeId;
  readonly fromContactId: ContactId;
  readonly intoContactId: ContactId;
  readonly undone: boolean;
  readonly folded: readonly { readonly source: ThreadId; readonly target: ThreadId }[];
  readonly moved: readonly ThreadId[];
}

/**
 * Index: contacts primary key, contact_addresses_by_contact. Lock: the rows, `for update`, so that nobody opens a
 * thread for them.
 */
export async function lockContacts(tx: Tx, tenantId: string, ids: readonly ContactId[]): Promise<ContactRow[]> {
  return await tx<ContactRow[]>`
    select c.id, c.merged_into as "mergedInto", exists (select 1 from contact_addresses a
      where a.tenant_id = c.tenant_id and a.contact_id = c.id and a.type = 'group') as "isGroup"
    from contacts c where c.tenant_id = ${tenantId} and c.id = any (${[...ids]}::uuid[])
    order by c.id for update of c`;
}

/**
 * Their own threads; threads in which they take part are locked as well. Indexes: see threads_with. Lock: the rows,
 * `for no key update`.
 */
export async function lockThreadsOf(tx: Tx, tenantId: string, ids: readonly ContactId[]): Promise<OwnedThread[]> {
  const locked = await tx<OwnedThread[]>`
    select t.id, t.account_id as "accountId", t.contact_id as "contactId", t.assignee_id as "assigneeId" from threads t
    where t.tenant_id = ${tenantId} and t.id in (select threads_with(${tenantId}, ${[...ids]}::uuid[]))
    order by t.id for no key update of t`;
  return locked.filter(({ contactId }) => ids.includes(contactId));
}

/** Is anything of these threads on its way to the carrier? Index: messages_sending_key, reaction_sends_sending_key. */
export async function isSending(tx: Tx, tenantId: string, threadIds: readonly ThreadId[]): Promise<boolean> {
  const [row] = await tx<{ sending: boolean }[]>`
    select exists (select 1 from messages m where m.tenant_id = ${tenantId}
        and m.thread_id = any (${[...threadIds]}::uuid[]) and m.send_state = 'sending')
      or exists (select 1 from reaction_sends s where s.tenant_id = ${tenantId}
        and s.thread_id = any (${[...threadIds]}::uuid[]) and s.send_state = 'sending') as sending`;
  return row?.sending === true;
}

/** What to merge, by whom. */
export interface NewMerge {
  readonly id: MergeId;
  readonly from: ContactId;
  readonly into: ContactId;
  readonly memberId: MemberId;
}

/** Contacts and threads are locked. Indexes and further steps: sql/functions/merge_contacts.sql. */
export async function mergeContacts(tx: Tx, tenantId: string, merge: NewMerge): Promise<void> {
  await tx`select merge_contacts(${tenantId}, ${merge.id}, ${merge.from}, ${merge.into}, ${merge.memberId})`;
}

/** Contacts, threads and the merge are locked. */
export async function unmergeContacts(tx: Tx, tenantId: string, mergeId: MergeId): Promise<void> {
  await tx`select unmerge_contacts(m) from contact_merges m where m.tenant_id = ${tenantId} and m.id = ${mergeId}`;
}

/**
 * Index: contact_merges primary key. Lock: the row, before the contacts, `for no key update`: only merges of the same
 * contacts wait for it, no batch that notes a reaction for the merge.
 */
export async function lockMerge(tx: Tx, tenantId: string, mergeId: MergeId): Promise<MergeRow | null> {
  const rows = await tx<MergeRow[]>`
    select m.id, m.from_contact_id as "fromContactId", m.into_contact_id as "intoContactId",
      m.undone_at is not null as undone, m.before->'moved' as moved,
      (select coalesce(json_agg(json_build_object('source', f.value->'source'->>'id', 'target', f.value->'target'->>'id')), '[]')
        from json_array_elements(m.before->'folded') as f (value)) as folded
    from contact_merges m where m.tenant_id = ${tenantId} and m.id = ${mergeId} for no key update of m`;
  return rows[0] ?? null;
}

/** What a merge moved, oldest first. */
export interface MovedItem<Id> {
  readonly id: Id;
  readonly threadId: ThreadId;
}

/** With the thread each message is in now; at most `limit`. Index: merged_messages primary key. */
export async function selectMovedMessages(
  tx: Tx,
  tenantId: string,
  mergeId: MergeId,
  limit: number,
): Promise<MovedItem<MessageId>[]> {
  return await tx<MovedItem<MessageId>[]>`
    select m.id, m.thread_id as "threadId" from merged_messages g
    join messages m on m.tenant_id = g.tenant_id and m.id = g.message_id
    where g.tenant_id = ${tenantId} and g.merge_id = ${mergeId} order by m.position, m.id limit ${limit}`;
}

/** With the thread each note is in now. Index: contact_merges and notes primary keys. */
export async function selectMovedNotes(tx: Tx, tenantId: string, mergeId: MergeId): Promise<MovedItem<NoteId>[]> {
  return await tx<MovedItem<NoteId>[]>`
    select n.id, n.thread_id as "threadId" from contact_merges g
    cross join lateral json_array_elements(g.before->'folded') as f (value)
    cross join lateral json_array_elements_text(f.value->'notes') as i (id)
    join notes n on n.tenant_id = g.tenant_id and n.id = i.id::uuid
    where g.tenant_id = ${tenantId} and g.id = ${mergeId} order by n.created_at, n.id`;
}

/** The contact as clients see it. Index: contacts primary key. Lock: none. */
export async function selectContactEntity(tx: Tx, tenantId: string, contactId: ContactId): Promise<Contact> {
  const [row] = await tx<{ contact: Contact }[]>`
    select e.entity as contact from contact_entities e where e.tenant_id = ${tenantId} and e.id = ${contactId}`;
  if (row === undefined) throw new Error('A locked contact has gone.');
  return row.contact;
}

/** The contact's threads as clients see them. Index: threads_contact_key. Lock: none. */
export async function selectThreadEntities(tx: Tx, tenantId: string, contactId: ContactId): Promise<Thread[]> {
  const rows = await tx<{ thread: Thread }[]>`
    select e.entity as thread from threads t join thread_entities e on e.tenant_id = t.tenant_id and e.id = t.id
    where t.tenant_id = ${tenantId} and t.contact_id = ${contactId} order by t.id`;
  return rows.map(({ thread }) => thread);
}
