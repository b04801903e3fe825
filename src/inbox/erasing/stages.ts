/** Runs an erasure stage by stage, in steps that each handle a bounded number of rows. */
import type { MemberId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import { insertAudit } from '../audit.ts';
import { logChanges, type LoggedEvent } from '../event-log.ts';
import { NIL_TENANT } from '../ingest/part.ts';
import { renewedThread } from '../merging/changes.ts';
import { passArrivals, type Surroundings } from './arrivals.ts';
import {
  deleteNotes,
  events,
  FIRST,
  MESSAGES,
  NEXT,
  partOf,
  row,
  ROWS,
  SECOND,
  type Running,
  type Step,
  type StepEnd,
} from './steps.ts';
import { TERM_STEPS } from './term-steps.ts';

const WAIT: StepEnd = { kind: 'wait' };
const BODIES = 500;

/** `place`: index of the thread, and the last position handled in it. */
const messages: Step = async (tx, erasure) => {
  const index = Number(partOf(erasure.place, FIRST));
  const threadId = erasure.threadIds[index];
  if (threadId === undefined) return NEXT;
  const [found] = await tx<{ reached: string | null; amount: number }[]>`
    select reached, amount from erase_messages(${row(tx, erasure)}, ${threadId}, ${partOf(erasure.place, SECOND)}, ${MESSAGES})`;
  if (found === undefined || found.reached === null) return { kind: 'on', place: `${String(index + 1)}|` };
  return { kind: 'on', place: `${String(index)}|${found.reached}`, messages: found.amount };
};

/**
 * Erases what the contact did in others' conversations. Logs these, so that clients load them again as they are now.
 */
const elsewhere: Step = async (tx, erasure) => {
  const { tenantId, contactId } = erasure;
  const threads = await tx<{ id: ThreadId; assigneeId: MemberId | null }[]>`
    select thread_id as id, assignee_id as "assigneeId" from erase_elsewhere(${row(tx, erasure)}, ${MESSAGES}) order by 1`;
  if (threads.length === 0) return NEXT;
  await tx`
    update erasures set other_thread_ids = array(
      select distinct unnest(other_thread_ids || ${threads.map(({ id }) => id)}::uuid[]))
    where tenant_id = ${tenantId} and contact_id = ${contactId}`;
  const changes = threads.flatMap((thread) => renewedThread(tenantId, thread));
  return { kind: 'on', place: '', logged: await logChanges(tx, changes) };
};

/** Also deletes parked items about the contact, which wait for a message that never came. Index: parked primary key. */
const notes: Step = async (tx, erasure) => {
  const { tenantId, contactId } = erasure;
  await tx`
    delete from parked p using erasures e
    where e.tenant_id = ${tenantId} and e.contact_id = ${contactId} and p.tenant_id = e.tenant_id and holds_any(
      convert_to(p.item::text, 'UTF8'), e.contact_ids::text[] || e.needles)`;
  return (await deleteNotes(tx, erasure)) === 0 ? NEXT : { kind: 'on', place: '' };
};

/**
 * Deletes command results that name the erased conversations or contacts; results are kept for callers that repeat a
 * command. Results of messages and notes written in others' conversations stay: they belong to their author. By the
 * primary key. `place`: member and command.
 */
const commands: Step = async (tx, erasure) => {
  const { tenantId, contactId } = erasure;
  const [from, behind] = [partOf(erasure.place, FIRST) || NIL_TENANT, partOf(erasure.place, SECOND) || NIL_TENANT];
  const [last] = await tx<{ place: string }[]>`
    with page as materialized (
      select c.member_id, c.command_id, c.name, c.result::text as result from commands c
      where c.tenant_id = ${tenantId} and (c.member_id, c.command_id) > (${from}::uuid, ${behind}::uuid)
      order by c.member_id, c.command_id limit ${ROWS}
    ), gone as (
      delete from commands c using page p, erasures e
      where e.tenant_id = ${tenantId} and e.contact_id = ${contactId}
        and c.tenant_id = ${tenantId} and c.member_id = p.member_id and c.command_id = p.command_id
        and (exists (select 1 from unnest(e.thread_ids::text[] || e.contact_ids::text[]) n where strpos(p.result, n) > 0)
          or p.name not in ('message:send', 'note:add')
            and exists (select 1 from unnest(e.other_thread_ids::text[]) n where strpos(p.result, n) > 0))
    )
    select member_id || '|' || command_id as place from page order by member_id desc, command_id desc limit 1`;
  return last === undefined ? NEXT : { kind: 'on', place: last.place };
};

/**
 * Deletes dead letters that mention the contact and were received before the request: the tenant's, and those without a
 * tenant that came for one of its numbers. By the primary key. `place`: owner and letter. A letter is deleted whole
 * even if it holds others' items too: what could not be stored is kept for operators, and not for ever.
 */
const letters: Step = async (tx, erasure) => {
  const { tenantId, contactId } = erasure;
  const [owner, behind] = [partOf(erasure.place, FIRST) || NIL_TENANT, partOf(erasure.place, SECOND) || NIL_TENANT];
  const [last] = await tx<{ place: string }[]>`
    with page as materialized (
      select d.tenant_id, d.id, d.provider, d.channel, d.body from dead_letters d
      where d.tenant_id in (${NIL_TENANT}, ${tenantId}) and (d.tenant_id, d.id) > (${owner}::uuid, ${behind}::uuid)
      order by d.tenant_id, d.id limit ${BODIES}
    ), gone as (
      delete from dead_letters d using page p, erasures e
      where e.tenant_id = ${tenantId} and e.contact_id = ${contactId} and d.tenant_id = p.tenant_id and d.id = p.id
        and d.received_at <= e.requested_at and (p.tenant_id = ${tenantId} or exists (select 1 from whatsapp_accounts a
          where a.tenant_id = ${tenantId} and a.provider = p.provider and a.external_id = p.channel))
        and holds_any(p.body, e.needles)
    )
    select tenant_id || '|' || id as place from page order by tenant_id desc, id desc limit 1`;
  return last === undefined ? NEXT : { kind: 'on', place: last.place };
};

/**
 * Empties raw webhooks that mention the contact and were received before the request. By the primary key. `place`: time
 * of receipt, and the stream id.
 */
const journal: Step = async (tx, erasure) => {
  const { tenantId, contactId } = erasure;
  const [since, behind] = [partOf(erasure.place, FIRST) || '-infinity', partOf(erasure.place, SECOND)];
  const [last] = await tx<{ place: string }[]>`
    with page as materialized (
      select j.tenant_id, j.received_at, j.stream_id from webhook_journal j
      where j.tenant_id = ${tenantId} and (j.received_at, j.stream_id) > (${since}::text::timestamptz, ${behind})
        and j.received_at <= ${erasure.requestedAt}
      order by j.received_at, j.stream_id limit ${BODIES}
    ), emptied as (
      update webhook_journal j set body = '' from page p, erasures e
      where e.tenant_id = ${tenantId} and e.contact_id = ${contactId}
        and j.tenant_id in (${NIL_TENANT}, ${tenantId}) and j.received_at = p.received_at and j.stream_id = p.stream_id
        and holds_any(j.body, e.needles)
    )
    select received_at::text || '|' || stream_id as place from page order by received_at desc, stream_id desc limit 1`;
  return last === undefined ? NEXT : { kind: 'on', place: last.place };
};

/** Waits until the contact's files have been removed. Index: erased_files primary key, by tenant. */
const files: Step = async (tx, { tenantId, contactId }) => {
  const [found] = await tx<{ waits: boolean }[]>`
    select exists (select 1 from erased_files where tenant_id = ${tenantId} and contact_id = ${contactId}) as waits`;
  return found?.waits === false ? NEXT : WAIT;
};

const CONTACT_STEPS: ReadonlyMap<string, Step> = new Map(
  Object.entries({ messages, elsewhere, notes, events, commands, letters, arrivals: passArrivals, journal, files }),
);

/** Takes one step of an erasure; `moved` is false if it has to wait. The caller keeps the row locked until commit. */
export async function takeStep(
  tx: Tx,
  erasure: Running,
  around: Surroundings,
): Promise<{ readonly moved: boolean; readonly logged: readonly LoggedEvent[] }> {
  const steps = erasure.byTerm ? TERM_STEPS : CONTACT_STEPS;
  const step = steps.get(erasure.stage);
  if (step === undefined) throw new Error(`An erasure has no stage ${erasure.stage}.`);
  const end = await step(tx, erasure, around);
  if (end.kind === 'wait') return { moved: false, logged: [] };
  if (end.kind === 'on') await stay(tx, erasure, end);
  else if (end.kind === 'end') await rest(tx, erasure);
  else await enterNext(tx, erasure, [...steps.keys()]);
  return { moved: true, logged: end.kind === 'on' ? (end.logged ?? []) : [] };
}

async function stay(
  tx: Tx,
  { tenantId, contactId }: Running,
  { place, messages: amount = 0 }: { readonly place: string; readonly messages?: number },
): Promise<void> {
  await tx`
    update erasures set place = ${place}, messages = messages + ${amount}
    where tenant_id = ${tenantId} and contact_id = ${contactId}`;
}

/** After the last stage, a term starts again at `over`, until nothing more is over. */
async function enterNext(tx: Tx, erasure: Running, order: readonly string[]): Promise<void> {
  const { tenantId, contactId, stage, byTerm } = erasure;
  const next = order[order.indexOf(stage) + 1];
  if (next !== undefined) {
    await tx`
      update erasures set stage = ${next}, place = '' where tenant_id = ${tenantId} and contact_id = ${contactId}`;
    return;
  }
  if (byTerm) await lookAgain(tx, erasure);
  else await finish(tx, erasure);
}

async function lookAgain(tx: Tx, { tenantId, contactId }: Running): Promise<void> {
  await tx`
    update erasures set stage = 'over', place = '', thread_ids = '{}', other_thread_ids = '{}', contact_ids = '{}'
    where tenant_id = ${tenantId} and contact_id = ${contactId}`;
}

/** Finished until housekeeping starts the term's erasure again (terms.ts). */
async function rest(tx: Tx, { tenantId, contactId }: Running): Promise<void> {
  await tx`
    update erasures set finished_at = clock_timestamp() where tenant_id = ${tenantId} and contact_id = ${contactId}`;
}

async function finish(tx: Tx, { tenantId, contactId }: Running): Promise<void> {
  await tx`
    update erasures set finished_at = clock_timestamp(), place = '', addresses = '{}', needles = '{}'
    where tenant_id = ${tenantId} and contact_id = ${contactId}`;
  const actor = { tenantId, type: 'system', id: null, correlationId: null } as const;
  await insertAudit(tx, actor, [{ action: 'contact.erasure_finished', subjectType: 'contact', subjectId: contactId }]);
}
