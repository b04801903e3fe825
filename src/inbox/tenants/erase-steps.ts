/** Erases a business stage by stage, in steps that each handle a bounded number of rows. */
import type { TenantId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import { passArrivals, type Surroundings } from '../erasing/arrivals.ts';
import { logChanges, type LoggedEvent } from '../event-log.ts';
import { NIL_TENANT } from '../ingest/part.ts';
import { closeTenant } from './erase-tenant.ts';

/**
 * Tables emptied one after the other. Children come before their parents, so that no delete cascades. The log comes
 * after everything that jobs log changes of, and what is counted from the log comes after the log.
 */
const ROWS_OF = [
  ...['erasures', 'receipts', 'reaction_sends', 'reactions', 'poll_votes', 'merged_messages', 'merged_participations'],
  ...['notes', 'messages', 'parked', 'contact_merges', 'contact_addresses', 'threads', 'contacts', 'tags', 'commands'],
  ...['tenant_events', 'tenant_logs', 'report_cursors', 'report_slots', 'report_facts', 'report_threads'],
  ...['erased_messages', 'templates', 'saved_replies', 'audit_log'],
] as const;
/** Tables emptied once no stage needs to know the business's numbers any more. */
const ROWS_OF_NUMBERS = ['account_upkeep', 'whatsapp_accounts'] as const;

/** Every table that has rows of a business, except `tenant_erasures`, where its row stays. */
export const ERASED_TABLES: readonly string[] = [
  ...[...ROWS_OF, ...ROWS_OF_NUMBERS],
  ...['media', 'saved_reply_files', 'dead_letters', 'webhook_journal', 'tenant_members', 'erased_files'],
];

/** An erasure in progress, its row locked. */
export interface ErasingTenant {
  readonly tenantId: TenantId;
  readonly requestedAt: Date;
  readonly stage: string;
  readonly place: string;
}

/**
 * `on`: the stage continues. `next`: it is done. `again`: something was written meanwhile. `wait`: nothing can be done
 * now.
 */
type StepEnd =
  | { readonly kind: 'on'; readonly rows?: number; readonly place?: string }
  | { readonly kind: 'next'; readonly logged?: readonly LoggedEvent[] }
  | { readonly kind: 'again' }
  | { readonly kind: 'wait' };
/** What a step needs to know to decide whether it has to wait. */
export interface TenantSurroundings extends Surroundings {
  readonly nowMs: number;
}

type Step = (tx: Tx, erasing: ErasingTenant, around: TenantSurroundings) => Promise<StepEnd>;

const NEXT: StepEnd = { kind: 'next' };
const WAIT: StepEnd = { kind: 'wait' };
const ROWS = 1000;
const PEOPLE = 200;
/** Fewer, because each letter's webhook is looked up in the journal of every business. */
const LETTERS = 100;
/**
 * By then everybody who started before knows of the erasure: gateways from the log, workers from their copy of the
 * accounts.
 */
const SETTLED_MS = 10_000;

const onOrNext = (rows: number): StepEnd => (rows === 0 ? NEXT : { kind: 'on', rows });

/**
 * Waits until no transaction from before the erasure can still write. Then also ends memberships and numbers that were
 * added at the last moment. Locks: see closeTenant.
 */
const settle: Step = async (tx, { tenantId, requestedAt }, { nowMs }) => {
  if (nowMs < requestedAt.getTime() + SETTLED_MS) return WAIT;
  // An id above all current ones is from another cluster: this database was restored from there.
  const [found] = await tx<{ settled: boolean }[]>`
    select not (begun_by between pg_snapshot_xmin(pg_current_snapshot()) and pg_snapshot_xmax(pg_current_snapshot()))
      as settled from tenant_erasures where tenant_id = ${tenantId}`;
  if (found?.settled !== true) return WAIT;
  return { kind: 'next', logged: await logChanges(tx, await closeTenant(tx, tenantId)) };
};

/** Indexes and locks: sql/functions/erase_rows.sql. */
async function eraseRows(tx: Tx, { tenantId }: Pick<ErasingTenant, 'tenantId'>, table: string): Promise<StepEnd> {
  const [row] = await tx<{ count: number }[]>`select erase_rows(${tenantId}, ${table}, ${ROWS}) as count`;
  return onOrNext(row?.count ?? 0);
}

/**
 * Deletes media rows and schedules their files for removal from the store: at once, or if a worker may be storing one
 * now, when its attempt is over, within 15 minutes at most. Index: media primary key. Locks the rows.
 */
const media: Step = async (tx, { tenantId }) => {
  const { count } = await tx`
    with gone as (
      delete from media where (tenant_id, id) in (select tenant_id, id from media where tenant_id = ${tenantId} limit ${ROWS})
      returning id, state, next_attempt_at)
    insert into erased_files (tenant_id, media_id, due_at)
      select ${tenantId}, id, case when state <> 'pending' then now()
        else least(greatest(now(), next_attempt_at), now() + interval '15 minutes') end from gone
    on conflict do nothing`;
  return count === 0 ? replyFiles(tx, tenantId) : onOrNext(count);
};

/** The same for files of saved replies; one without a key may be being stored now. Index: saved_reply_files primary key. */
async function replyFiles(tx: Tx, tenantId: TenantId): Promise<StepEnd> {
  const { count } = await tx`
    with gone as (
      delete from saved_reply_files where (tenant_id, id) in (
        select tenant_id, id from saved_reply_files where tenant_id = ${tenantId} limit ${ROWS})
      returning id, storage_key)
    insert into erased_files (tenant_id, media_id, due_at)
      select ${tenantId}, id, case when storage_key is null then now() + interval '15 minutes' else now() end from gone
    on conflict do nothing`;
  return onOrNext(count);
}

/**
 * Deletes the business's dead letters, and those without a tenant that came for numbers which no remaining business
 * has. For the latter it also empties the bytes of their webhooks in every tenant's journal, which the journal stage
 * would miss. `place`: the last letter. Indexes: primary keys of dead_letters, webhook_journal, tenants and
 * tenant_erasures, whatsapp_accounts_channel_key, whatsapp_accounts_by_channel. Locks the rows.
 */
const letters: Step = async (tx, { tenantId, place }) => {
  const [last] = await tx<{ place: string; count: number }[]>`
    with page as materialized (
      select d.id, d.provider, d.channel, d.stream_id, d.received_at from dead_letters d
      where d.tenant_id = ${NIL_TENANT} and d.id > ${place === '' ? NIL_TENANT : place}::uuid order by d.id limit ${LETTERS}
    ), ours as materialized (
      select p.* from page p join whatsapp_accounts a
        on a.tenant_id = ${tenantId} and a.provider = p.provider and a.external_id = p.channel
      where not exists (select 1 from whatsapp_accounts o
        where o.provider = p.provider and o.external_id = p.channel
          and not exists (select 1 from tenant_erasures e where e.tenant_id = o.tenant_id))
    ), gone as (
      delete from dead_letters d using ours o where d.tenant_id = ${NIL_TENANT} and d.id = o.id
    ), emptied as (
      update webhook_journal j set body = '' from ours o, (select id from tenants union all select ${NIL_TENANT}) t
      where j.tenant_id = t.id and j.received_at = o.received_at and j.stream_id = o.stream_id
    )
    select id as place, (select count(*) from ours)::int as count from page order by id desc limit 1`;
  return last === undefined
    ? eraseRows(tx, { tenantId }, 'dead_letters')
    : { kind: 'on', rows: last.count, place: last.place };
};

/**
 * Also empties the row without a tenant of the same webhook, which was for several businesses. Index: webhook_journal
 * primary key. Locks the rows.
 */
const journal: Step = async (tx, { tenantId }) => {
  const { count } = await tx`
    with page as materialized (
      select received_at, stream_id from webhook_journal where tenant_id = ${tenantId} limit ${ROWS}
    ), emptied as (
      update webhook_journal j set body = '' from page p
      where j.tenant_id = ${NIL_TENANT} and j.received_at = p.received_at and j.stream_id = p.stream_id
    )
    delete from webhook_journal j using page p
    where j.tenant_id = ${tenantId} and j.received_at = p.received_at and j.stream_id = p.stream_id`;
  return onOrNext(count);
};

/**
 * Deletes memberships, and each person whose last one that was, with email and password. Locks the persons first, `for
 * update`, which waits for transactions that add them to another business. Indexes: tenant_members primary key and
 * tenant_members_by_user, users primary key.
 */
const people: Step = async (tx, { tenantId }) => {
  const persons = await tx<{ id: string }[]>`
    select u.id from users u
    where u.id in (select m.user_id from tenant_members m where m.tenant_id = ${tenantId} order by m.id limit ${PEOPLE})
    order by u.id for update`;
  const ids = persons.map(({ id }) => id);
  const { count: members } = await tx`
    delete from tenant_members where tenant_id = ${tenantId} and user_id = any (${ids}::uuid[])`;
  const { count } = await tx`
    delete from users u
    where u.id = any (${ids}::uuid[]) and not exists (select 1 from tenant_members m where m.user_id = u.id)`;
  return onOrNext(members + count);
};

/** Waits until all files have been removed, those of erased contacts included. Index: erased_files primary key. */
const files: Step = async (tx, { tenantId }) => {
  const [found] = await tx<{ waits: boolean }[]>`
    select exists (select 1 from erased_files where tenant_id = ${tenantId}) as waits`;
  return found?.waits === false ? NEXT : WAIT;
};

/**
 * Deletes the business itself, with its name. If something was written meanwhile, starts again at `media`. Index: in
 * each table one that begins with the tenant. Locks the tenant, so that no row that references it can be added.
 */
const last: Step = async (tx, { tenantId }) => {
  await tx`select 1 from tenants where id = ${tenantId} for update`;
  for (const table of ERASED_TABLES) {
    const [left] = await tx`select 1 from ${tx(table)} where tenant_id = ${tenantId} limit 1`;
    if (left !== undefined) return { kind: 'again' };
  }
  await tx`delete from tenants where id = ${tenantId}`;
  return NEXT;
};

const ofTable = (table: string): [string, Step] => [table, (tx, erasing) => eraseRows(tx, erasing, table)];

/** The stages, in this order. */
const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['settle', settle],
  ['media', media],
  ...ROWS_OF.map(ofTable),
  ['arrivals', passArrivals],
  ['letters', letters],
  ['journal', journal],
  ...ROWS_OF_NUMBERS.map(ofTable),
  ['people', people],
  ['files', files],
  ['last', last],
]);
const ORDER = [...STEPS.keys()];

/** Takes one step of an erasure. The caller keeps the row locked until the transaction ends. */
export async function takeTenantStep(
  tx: Tx,
  erasing: ErasingTenant,
  around: TenantSurroundings,
): Promise<{ readonly moved: boolean; readonly finished: boolean; readonly logged: readonly LoggedEvent[] }> {
  const step = STEPS.get(erasing.stage);
  if (step === undefined) throw new Error(`The erasure of a business has no stage ${erasing.stage}.`);
  await goByKeys(tx);
  const end = await step(tx, erasing, around);
  if (end.kind === 'wait') return { moved: false, finished: false, logged: [] };
  if (end.kind === 'on') await stay(tx, erasing, end);
  const finished = end.kind === 'next' && erasing.stage === ORDER.at(-1);
  if (finished) await finish(tx, erasing);
  else if (end.kind !== 'on') await enter(tx, erasing, end.kind === 'again' ? 'media' : nextOf(erasing.stage));
  return { moved: true, finished, logged: end.kind === 'next' ? (end.logged ?? []) : [] };
}

/**
 * Makes the planner use index keys. Long after a large business's rows have gone, statistics still say that they are
 * everywhere; a plan made from that would read everybody else's rows to find one.
 */
async function goByKeys(tx: Tx): Promise<void> {
  await tx`
    select set_config(name, 'off', true)
    from unnest(array['enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin', 'jit']) name`;
}

const nextOf = (stage: string): string => ORDER[ORDER.indexOf(stage) + 1] ?? stage;

async function stay(
  tx: Tx,
  { tenantId, place: at }: ErasingTenant,
  { rows = 0, place = at }: { readonly rows?: number; readonly place?: string },
): Promise<void> {
  await tx`
    update tenant_erasures set place = ${place}, rows_gone = rows_gone + ${rows}
    where tenant_id = ${tenantId}`;
}

async function enter(tx: Tx, { tenantId }: ErasingTenant, stage: string): Promise<void> {
  await tx`update tenant_erasures set stage = ${stage}, place = '' where tenant_id = ${tenantId}`;
}

async function finish(tx: Tx, { tenantId }: ErasingTenant): Promise<void> {
  await tx`
    update tenant_erasures set finished_at = clock_timestamp(), place = '', slug = null where tenant_id = ${tenantId}`;
}
