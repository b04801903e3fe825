/** The stages of a business's retention term: conversations in which nothing happens any more are erased as a whole. */
import type { MemberId, TenantId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import { insertAudit } from '../audit.ts';
import { logChanges } from '../event-log.ts';
import { NIL_TENANT } from '../ingest/part.ts';
import { changedThread, goneThread } from '../merging/changes.ts';
import { loadChanged } from '../threads/changes.ts';
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

const END: StepEnd = { kind: 'end' };
/** Conversations examined per step; those that are over stay locked until it ends. */
const LOOKED_AT = 100;
/** About this many conversations share one pass over the log and the command results. */
const TOGETHER = 500;

/** A conversation that was erased (`gone`), or one that looks different because of it. */
interface Told {
  readonly id: ThreadId;
  readonly assigneeId: MemberId | null;
  readonly gone: boolean;
}

/**
 * Collects conversations that are over, oldest first; once a step commits, nobody sees those it collected. The erasure
 * ends if none were collected: nothing is over, or the business no longer has a term.
 */
const over: Step = async (tx, erasure) => {
  const { tenantId, threadIds } = erasure;
  const since = threadIds.length < TOGETHER ? await selectSince(tx, tenantId) : null;
  const place = since === null ? null : await walkOn(tx, erasure, since);
  if (since === null || place === null) return threadIds.length === 0 ? END : NEXT;
  const threads = await tx<Told[]>`
    select thread_id as id, assignee_id as "assigneeId", gone
    from end_threads(${row(tx, erasure)}, ${[...place.threadIds]}::uuid[], ${since}::text::timestamptz) order by 1`;
  const gone = threads.filter((thread) => thread.gone);
  if (gone.length === 0) return { kind: 'on', place: '' };
  const actor = { tenantId, type: 'system', id: null, correlationId: null } as const;
  const details = { conversations: gone.length, before: since };
  await insertAudit(tx, actor, [{ action: 'tenant.term_ended', subjectType: 'tenant', subjectId: tenantId, details }]);
  const changes = [
    ...threads.map((thread) => (thread.gone ? goneThread : changedThread)(tenantId, thread)),
    ...loadChanged(
      tenantId,
      gone.map(({ assigneeId }) => assigneeId),
    ),
  ];
  return { kind: 'on', place: '', logged: await logChanges(tx, changes) };
};

/**
 * A conversation is over if nothing has happened in it since this time; null if no term is in effect. Index: tenants
 * primary key. Locks the row `for share`, so that a change of the term waits until steps that apply the old one have
 * committed.
 */
async function selectSince(tx: Tx, tenantId: TenantId): Promise<string | null> {
  const [tenant] = await tx<{ since: string }[]>`
    select (now() - keep_days * interval '24 hours')::text as since from tenants
    where id = ${tenantId} and keep_from <= now() for share`;
  return tenant?.since ?? null;
}

/**
 * Returns the next conversations that may be over and moves `walked` past them; null if there are no more. Snoozed
 * conversations, of which there may be many for years, are skipped within the query. Index: threads_by_activity,
 * backwards; erasures primary key. Locks only the erasure's row.
 */
async function walkOn(
  tx: Tx,
  { tenantId, contactId, walked }: Running,
  since: string,
): Promise<{ readonly threadIds: readonly ThreadId[] } | null> {
  const [at, id] = [partOf(walked, FIRST) || '-infinity', partOf(walked, SECOND) || NIL_TENANT];
  const page = await tx<{ id: ThreadId; at: string }[]>`
    select t.id, t.last_activity_at::text as at from threads t
    where t.tenant_id = ${tenantId} and t.activity_slot > '-infinity' and t.status <> 'snoozed'
      and t.activity_slot <= ${since}::text::timestamptz and t.last_activity_at < ${since}::text::timestamptz
      and t.activity_slot > ${at}::text::timestamptz - interval '10 seconds'
      and (t.last_activity_at, t.id) > (${at}::text::timestamptz, ${id}::uuid)
    order by t.activity_slot, t.last_activity_at, t.id limit ${LOOKED_AT}`;
  const last = page.at(-1);
  if (last === undefined) return null;
  await tx`
    update erasures set walked = ${`${last.at}|${last.id}`} where tenant_id = ${tenantId} and contact_id = ${contactId}`;
  return { threadIds: page.map((thread) => thread.id) };
}

/**
 * `place`: the conversation, and the last position handled in it. Indexes and locks: sql/functions/end_messages.sql.
 */
const messages: Step = async (tx, erasure) => {
  const [from, behind] = [partOf(erasure.place, FIRST) || NIL_TENANT, partOf(erasure.place, SECOND)];
  const [found] = await tx<{ thread: string; position: string; amount: number }[]>`
    select reached_thread as thread, reached as position, amount
    from end_messages(${row(tx, erasure)}, ${from}::uuid, ${behind}, ${MESSAGES})`;
  if (found === undefined || found.amount === 0) return NEXT;
  return { kind: 'on', place: `${found.thread}|${found.position}`, messages: found.amount };
};

const notes: Step = async (tx, erasure) => ((await deleteNotes(tx, erasure)) === 0 ? NEXT : { kind: 'on', place: '' });

/**
 * Deletes command results that name one of the conversations or contacts, since a repeated command would return them.
 * Index: commands primary key. Locks the rows. `place`: member and command.
 */
const commands: Step = async (tx, { tenantId, contactId, place }) => {
  const [from, behind] = [partOf(place, FIRST) || NIL_TENANT, partOf(place, SECOND) || NIL_TENANT];
  const [last] = await tx<{ place: string }[]>`
    with page as materialized (
      select c.member_id, c.command_id, c.result::text as result from commands c
      where c.tenant_id = ${tenantId} and (c.member_id, c.command_id) > (${from}::uuid, ${behind}::uuid)
      order by c.member_id, c.command_id limit ${ROWS}
    ), named as materialized (
      select p.member_id, p.command_id, (m.id[1])::uuid as id
      from page p cross join lateral regexp_matches(p.result, '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'g') m (id)
    ), gone as (
      delete from commands c using (
        select distinct n.member_id, n.command_id from named n join (
          select unnest(e.thread_ids || e.contact_ids) as id from erasures e
          where e.tenant_id = ${tenantId} and e.contact_id = ${contactId}) w on w.id = n.id) g
      where c.tenant_id = ${tenantId} and c.member_id = g.member_id and c.command_id = g.command_id
    )
    select member_id || '|' || command_id as place from page order by member_id desc, command_id desc limit 1`;
  return last === undefined ? NEXT : { kind: 'on', place: last.place };
};

/** The stages, in this order. None waits for files: housekeeping removes those as for any erasure. */
export const TERM_STEPS: ReadonlyMap<string, Step> = new Map(
  Object.entries({ over, messages, notes, events, commands }),
);
