/** How long dead letters are kept: by the term of their business, or, if they have none, of the installation. */
import type { AnySql, Sql, Tx } from '../../platform/postgres.ts';
import { insertAudit } from '../audit.ts';
import { NIL_TENANT } from '../ingest/part.ts';
import { checkKeepDays, GRACE } from '../tenants/term.ts';
import type { LetterSummary } from './letters.ts';

/** The installation's term. `keepDays`: null means for ever. `over`: the most letters that go when it takes effect. */
export interface LettersTerm {
  readonly keepDays: number | null;
  readonly actsFrom: string | null;
  readonly over: number;
}

/** Letters of one owner that went, by the state they were in. */
export interface EndedLetters extends Pick<LetterSummary, 'tenantId' | 'state'> {
  readonly count: number;
}

/**
 * Sets the installation's term; null removes it at once. Does nothing if it is unchanged. Throws invalid_input like
 * setTerm. Index: dead_letter_term primary key. Locks the row: waits for a step that still applies the old term.
 */
export async function setLettersTerm(tx: Tx, keepDays: number | null): Promise<void> {
  checkKeepDays(keepDays);
  const { count } =
    keepDays === null
      ? await tx`delete from dead_letter_term`
      : await tx`
          insert into dead_letter_term as t (keep_days, keep_from) values (${keepDays}, now() + ${GRACE}::text::interval)
          on conflict (one) do update set keep_days = excluded.keep_days, keep_from = excluded.keep_from
            where t.keep_days <> excluded.keep_days`;
  if (count === 0) return;
  const entry = {
    action: 'dead_letters.term_set',
    subjectType: 'installation',
    subjectId: null,
    details: { keepDays },
  };
  await insertAudit(tx, { tenantId: NIL_TENANT, type: 'operator', id: null, correlationId: null }, [entry]);
}

/** Index: dead_letter_term primary key, and those of ending_letters. Lock: none. */
export async function selectLettersTerm(sql: AnySql): Promise<LettersTerm> {
  const [row] = await sql<{ keepDays: number; actsFrom: Date; over: number }[]>`
    select n.keep_days as "keepDays", n.keep_from as "actsFrom",
      (select count(distinct e.id)::int from ending_letters(greatest(n.keep_from - now(), interval '0'), ${NIL_TENANT}, false, null) e) as over
    from dead_letter_term n`;
  return row === undefined
    ? { keepDays: null, actsFrom: null, over: 0 }
    : { ...row, actsFrom: row.actsFrom.toISOString() };
}

/**
 * Deletes at most this many letters whose term has ended, and records that in the audit log of their owners. Skips those
 * that somebody holds. Indexes: at ending_letters. Locks, in order: the rows of the terms `for share`, so that a change
 * of one waits until what the old one ends has committed; the letters.
 */
export async function endLetters(tx: Tx, most: number): Promise<EndedLetters[]> {
  const found = await tx<{ termOf: string; tenantId: string; id: string }[]>`
    select term_of as "termOf", tenant_id as "tenantId", id from ending_letters(interval '0', null, false, ${most})`;
  if (found.length === 0) return [];
  await tx`select from tenants where id = any (${found.map(({ termOf }) => termOf)}::uuid[]) order by id for share`;
  await tx`select from dead_letter_term for share`;
  // Looked at again now that the terms are held.
  const ended = await tx<EndedLetters[]>`
    with held as materialized (
      select d.tenant_id, d.id from dead_letters d
      where (d.tenant_id, d.id) in (
          select * from unnest(${found.map(({ tenantId }) => tenantId)}::uuid[], ${found.map(({ id }) => id)}::uuid[]))
        and letter_ends_at(d.tenant_id, d.provider, d.channel, greatest(d.created_at, d.received_at)) <= now()
      order by d.tenant_id, d.id for update of d skip locked
    ), gone as (
      delete from dead_letters d using held h where d.tenant_id = h.tenant_id and d.id = h.id returning d.tenant_id, d.state
    )
    select tenant_id as "tenantId", state, count(*)::int as count from gone group by 1, 2 order by 1, 2`;
  for (const { tenantId, state, count } of ended) {
    const entry = {
      action: 'dead_letters.term_ended',
      subjectType: 'dead_letter',
      subjectId: null,
      details: { state, count },
    };
    await insertAudit(tx, { tenantId, type: 'system', id: null, correlationId: null }, [entry]);
  }
  return ended;
}

/** Beyond this they are not counted: the figure is for an alert. */
const MOST_COUNTED = 1000;

/** Open letters that go within so many days. Indexes: at ending_letters. Lock: none. */
export async function countEnding(sql: Sql, days: number): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(distinct e.id)::int as count
    from ending_letters(${days} * interval '24 hours', null, true, ${MOST_COUNTED}) e`;
  return row?.count ?? 0;
}
