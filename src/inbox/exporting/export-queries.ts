/** What is stored about a contact, source by source, each in the order of its keys and a page at a time. */
import type { Contact, Note, Thread } from '../../contract/entities.ts';
import type { ContactId, TenantId } from '../../contract/ids.ts';
import type { Message } from '../../contract/message.ts';
import type { AuditRecord, ExportRecord } from '../../contract/personal-data.ts';
import type { Tx } from '../../platform/postgres.ts';

/** A page of one source: of which contact, after which key, at most how many records. */
export interface Wanted {
  readonly tenantId: TenantId;
  readonly contactId: ContactId;
  readonly after: string;
  readonly limit: number;
}

/** A record with its key in its source. */
export interface Keyed {
  readonly key: string;
  readonly record: ExportRecord;
}

type Source = (tx: Tx, wanted: Wanted) => Promise<Keyed[]>;

const NIL = '00000000-0000-0000-0000-000000000000';
const idOf = (after: string): string => after.split('|')[0] || NIL;
const restOf = (after: string): string => after.split('|')[1] ?? '';

/** Null if there is none, or it was merged or erased. Index: contacts primary key. Lock: none. */
export async function selectExported(tx: Tx, tenantId: TenantId, contactId: ContactId): Promise<Contact | null> {
  const [row] = await tx<{ contact: Contact }[]>`
    select e.entity as contact from contacts c join contact_entities e on e.tenant_id = c.tenant_id and e.id = c.id
    where c.tenant_id = ${tenantId} and c.id = ${contactId} and c.merged_into is null`;
  return row?.contact ?? null;
}

const contact: Source = async (tx, { tenantId, contactId, after }) => {
  const found = after === '' ? await selectExported(tx, tenantId, contactId) : null;
  return found === null ? [] : [{ key: 'all', record: { type: 'contact', contact: found } }];
};

/** Index: threads_contact_key. */
const threads: Source = async (tx, { tenantId, contactId, after, limit }) => {
  const rows = await tx<{ key: string; thread: Thread }[]>`
    select t.id::text as key, e.entity as thread from threads t
    join thread_entities e on e.tenant_id = t.tenant_id and e.id = t.id
    where t.tenant_id = ${tenantId} and t.contact_id = ${contactId} and t.id > ${idOf(after)}::uuid
    order by t.id limit ${limit}`;
  return rows.map(({ key, thread }) => ({ key, record: { type: 'thread', thread } }));
};

/** Conversation by conversation. Index: threads_contact_key, messages_by_thread. */
const messages: Source = async (tx, { tenantId, contactId, after, limit }) => {
  const rows = await tx<{ key: string; message: Message }[]>`
    select t.id || '|' || m.position as key, e.entity as message from threads t
    cross join lateral (select s.id, s.position from messages s
      where s.tenant_id = t.tenant_id and s.thread_id = t.id
        and s.position > case when t.id = ${idOf(after)}::uuid then ${restOf(after)} else '' end
      order by s.position limit ${limit}) m
    join message_entities e on e.tenant_id = t.tenant_id and e.id = m.id
    where t.tenant_id = ${tenantId} and t.contact_id = ${contactId} and t.id >= ${idOf(after)}::uuid
    order by t.id, m.position limit ${limit}`;
  return rows.map(({ key, message }) => ({ key, record: { type: 'message', message } }));
};

/** What the contact wrote in groups. Index: messages_by_participant. */
const elsewhere: Source = async (tx, { tenantId, contactId, after, limit }) => {
  const rows = await tx<{ key: string; message: Message }[]>`
    select m.id::text as key, e.entity as message from messages m
    join message_entities e on e.tenant_id = m.tenant_id and e.id = m.id
    where m.tenant_id = ${tenantId} and m.author_id = ${contactId} and m.author_name is not null
      and m.id > ${idOf(after)}::uuid
    order by m.id limit ${limit}`;
  return rows.map(({ key, message }) => ({ key, record: { type: 'message', message } }));
};

/** Index: threads_contact_key, notes_by_thread. */
const notes: Source = async (tx, { tenantId, contactId, after, limit }) => {
  const rows = await tx<{ key: string; note: Note }[]>`
    select n.id::text as key, e.entity as note from threads t
    join notes n on n.tenant_id = t.tenant_id and n.thread_id = t.id
    join note_entities e on e.tenant_id = n.tenant_id and e.id = n.id
    where t.tenant_id = ${tenantId} and t.contact_id = ${contactId} and n.id > ${idOf(after)}::uuid
    order by n.id limit ${limit}`;
  return rows.map(({ key, note }) => ({ key, record: { type: 'note', note } }));
};

/** Index: audit_log_by_subject; see sql/functions/contact_audit.sql. */
const audit: Source = async (tx, { tenantId, contactId, after, limit }) => {
  const rows = await tx<AuditRecord[]>`
    select a.id, iso(a.at) as at, a.actor_type as "actorType", a.actor_id as "actorId", a.action,
      a.subject_type as "subjectType", a.subject_id as "subjectId"
    from contact_audit(${tenantId}, ${contactId}, ${idOf(after)}, ${limit}) a order by a.id`;
  return rows.map((entry) => ({ key: entry.id, record: { type: 'audit', entry } }));
};

/** In the order of an export. */
export const SOURCES = { contact, threads, messages, elsewhere, notes, audit } as const satisfies Record<
  string,
  Source
>;
/** The name of a source, as cursors have it. */
export type SourceName = keyof typeof SOURCES;
export const SOURCE_NAMES = Object.keys(SOURCES) as SourceName[];
