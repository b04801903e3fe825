/** Retention term: how long a business keeps a conversation in which nothing happens, and a dead letter. */
import type { TenantId } from '../../contract/ids.ts';
import type { AnySql, Tx } from '../../platform/postgres.ts';
import { insertAudit } from '../audit.ts';
import { invalidField } from '../input.ts';

/**
 * The shortest term. By then everything else kept of a conversation for a while, such as raw webhooks, has been
 * deleted, and carriers no longer repeat anything.
 */
const LEAST_DAYS = 30;
const MOST_DAYS = 36_500;
/** A term takes effect this long after it was set, so that a wrong one can be taken back. */
export const GRACE = '1 day';

/**
 * `keepDays`: null means until somebody erases the conversation. `actsFrom`: when the term takes effect. `over`: the
 * most conversations that it erases then. `deadLettersOver`: how many dead letters it deletes then.
 */
export interface Term {
  readonly keepDays: number | null;
  readonly actsFrom: string | null;
  readonly over: number;
  readonly deadLettersOver: number;
}

/** Throws invalid_input unless it is null or 30 to 36,500. */
export function checkKeepDays(keepDays: number | null): void {
  if (keepDays !== null && !(Number.isInteger(keepDays) && keepDays >= LEAST_DAYS && keepDays <= MOST_DAYS))
    throw invalidField('keep-days', `must be ${String(LEAST_DAYS)} to ${String(MOST_DAYS)} days, or off`);
}

/**
 * Sets the term; null removes it at once. Does nothing if it is unchanged. Throws invalid_input unless it is 30 to
 * 36,500 days. Index: tenants primary key. Locks the tenant: waits for steps that still apply the old term.
 */
export async function setTerm(tx: Tx, tenantId: TenantId, keepDays: number | null): Promise<void> {
  checkKeepDays(keepDays);
  const { count } = await tx`
    update tenants set keep_days = ${keepDays},
      keep_from = case when ${keepDays}::int is not null then now() + ${GRACE}::text::interval end
    where id = ${tenantId} and keep_days is distinct from ${keepDays}`;
  if (count === 0) return;
  const entry = { action: 'tenant.term_set', subjectType: 'tenant', subjectId: tenantId, details: { keepDays } };
  await insertAudit(tx, { tenantId, type: 'operator', id: null, correlationId: null }, [entry]);
}

/**
 * Indexes: tenants primary key; threads_by_activity, of which it reads only what is over; those of ending_letters. Lock:
 * none.
 */
export async function selectTerm(sql: AnySql, tenantId: TenantId): Promise<Term> {
  const [row] = await sql<(Omit<Term, 'actsFrom'> & { readonly actsFrom: Date | null })[]>`
    select t.keep_days as "keepDays", t.keep_from as "actsFrom", (select count(*)::int from threads h
      where h.tenant_id = t.id and h.activity_slot > '-infinity'
        and h.activity_slot <= greatest(t.keep_from, now()) - t.keep_days * interval '24 hours'
        and h.last_activity_at < greatest(t.keep_from, now()) - t.keep_days * interval '24 hours') as over,
      (select count(distinct e.id)::int from ending_letters(greatest(t.keep_from - now(), interval '0'), t.id, false, null) e) as "deadLettersOver"
    from tenants t where t.id = ${tenantId}`;
  if (row === undefined) throw new Error('A tenant that was there has gone.');
  return { ...row, actsFrom: row.actsFrom?.toISOString() ?? null };
}
