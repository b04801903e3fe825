/** What erasing a business does one after the other, in steps that each take a bounded number of rows. */
import type { TenantId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import { passArrivals, type Surroundings } from '../erasing/arrivals.ts';
import { logChanges, type LoggedEvent } from '../event-log.ts';
import { NIL_TENANT } from '../ingest/part.ts';
import { closeTenant } from './erase-tenant.ts';

/**
 * Whose rows go table by table: children before their parents, so that no row drags others with it; the log behind all that jobs
 * write into it about, and what is counted of the log behind that.
 */
const ROWS_OF = [
  ...['erasures', 'receipts', 'reaction_sends', 'reactions', 'poll_votes', 'merged_messages', 'merged_participations'],
  ...['notes', 'messages', 'parked', 'contact_merges', 'contact_addresses', 'threads', 'contacts', 'tags', 'commands'],
  ...['tenant_events', 'tenant_logs', 'report_cursors', 'report_slots', 'report_facts', 'report_threads'],
  ...['erased_messages', 'templates', 'audit_log'],
] as const;
/** The same once nothing has to be known of its numbers any more. */
const ROWS_OF_NUMBERS = ['account_upkeep', 'whatsapp_accounts'] as const;

/** Every table that has rows of a business, but for `tenant_erasures`, which stays. */
export const ERASED_TABLES: readonly string[] = [
  ...[...ROWS_OF, ...ROWS_OF_NUMBERS],
  ...['media', 'dead_letters', 'webhook_journal', 'tenant_members', 'erased_files'],
];

/** An erasure under way, its row locked. */
export interface ErasingTenant {
  readonly tenantId: TenantId;
  readonly requestedAt: Date;
  readonly stage: string;
  readonly place: string;
}

/** `next`: the stage is through. `again`: something has come meanwhile. `wait`: nothing can be done now. */
type StepEnd =
  | { readonly kind: 'on'; readonly rows?: number; readonly place?: string }
  | { readonly kind: 'next'; readonly logged?: readonly LoggedEvent[] }
  | { readonly kind: 'again' }
  | { readonly kind: 'wait' };
type Step = (tx: Tx, erasing: ErasingTenant, around: Surroundings) => Promise<StepEnd>;

const NEXT: StepEnd = { kind: 'next' };
const WAIT: StepEnd = { kind: 'wait' };
const ROWS = 1000;
const PEOPLE = 200;
/** Each is looked for with every business there is. */
const LETTERS = 100;
/** Who began before knows of it by then: gateways by the log, workers by their copy of the accounts. */
const SETTLED_MS = 10_000;

const onOrNext = (rows: number): StepEnd => (rows === 0 ? NEXT : { kind: 'on', rows });

/** Then whoever came in at the last moment is ended as well. Nothing of before writes any more. Lock: see closeTenant. */
const settle: Step = async (tx, { tenantId, requestedAt }, { nowMs }) => {
  if (nowMs < requestedAt.getTime() + SETTLED_MS) return WAIT;
  // One above all others is of another cluster, which this was restored into.
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
 * Their files are to go from the store, at once or when whoever stores one now is through, by a quarter of an hour at the latest.
 * Index: media primary key. Lock: the rows.
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
  return onOrNext(count);
};

/**
 * Its letters, and those of nobody that came for numbers which nobody else has, with the bytes of their webhooks in the journal,
 * whosever rows those are: they would be missed there. `place`: the last letter. Indexes: primary keys of dead_letters,
 * webhook_journal, tenants and tenant_erasures, whatsapp_accounts_channel_key, whatsapp_accounts_by_channel. Lock: the rows.
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

/** With nobody's bytes of the same webhook: it was of several businesses. Index: webhook_journal primary key. Lock: the rows. */
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
 * Memberships, and of whom that was the last one, the person: with email and password. Locks the persons first, `for update`,
 * so that who is joining another business now has joined. Indexes: tenant_members primary key and tenant_members_by_user,
 * users primary key.
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

/** Those of contacts as well. Index: erased_files primary key. */
const files: Step = async (tx, { tenantId }) => {
  const [found] = await tx<{ waits: boolean }[]>`
    select exists (select 1 from erased_files where tenant_id = ${tenantId}) as waits`;
  return found?.waits === false ? NEXT : WAIT;
};

/**
 * The business itself, with its name, unless something was written meanwhile: then from the beginning. Index: of each table what
 * begins with the tenant. Locks the tenant, so that nothing that hangs on it can be added.
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

/** In this order. */
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

/** One step of one erasure. The row is held until the transaction ends. */
export async function takeTenantStep(
  tx: Tx,
  erasing: ErasingTenant,
  around: Surroundings,
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

/** Statistics say of a large business that its rows are everywhere, long after they have gone: others' would be read for one. */
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
