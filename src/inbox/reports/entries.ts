/** The entries of conversations as they are stored. */
import type { TenantId } from '../../contract/ids.ts';
import type { Fragment } from '../fragments.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Entry } from './turns.ts';

/** Where a conversation is told from: behind this entry of it, or from its beginning. */
export interface Place {
  readonly threadId: string;
  readonly lastAt: Date | null;
  readonly lastId: string | null;
}

/**
 * What is stored of some conversations behind those places, in order, a page at a time: one may be long. Indexes:
 * messages_by_thread, report_facts primary key. Locks nothing.
 */
export async function* storedEntries(
  tx: Tx,
  tenantId: TenantId,
  places: readonly Place[],
): AsyncGenerator<readonly Entry[]> {
  await tx`
    declare report_entries no scroll cursor for
    with p as materialized (
      select * from json_to_recordset(${tx.json(places as never)}::json) as r
        ("threadId" uuid, "lastAt" timestamptz, "lastId" uuid))
    select m.thread_id as "threadId", m.id, m.received_at as at, m.direction as type, ${authorOf(tx)} as "memberId"
    from p join messages m on m.thread_id = p."threadId"
    where m.tenant_id = ${tenantId} and ${isEntry(tx)}
      and (p."lastAt" is null or (m.received_at, m.id) > (p."lastAt", p."lastId"))
    union all
    select f.thread_id, f.id, f.at, case f.kind when 'resolved' then 'resolved' else 'reopened' end, f.member_id
    from p join report_facts f on f.thread_id = p."threadId"
    where f.tenant_id = ${tenantId} and f.audited
      and (p."lastAt" is null or (f.at, f.id) > (p."lastAt", p."lastId"))
    order by 1, 3, 2`;
  for (;;) {
    const page = await tx<Entry[]>`fetch 5000 from report_entries`;
    if (page.length === 0) break;
    yield page;
  }
  await tx`close report_entries`;
}

/** Of `messages m`: neither of a phone's history nor a notice. */
export function isEntry(tx: Tx): Fragment {
  return tx`not m.history and m.kind <> 'system'`;
}

/** Of `messages m`: the member who wrote it. */
export function authorOf(tx: Tx): Fragment {
  return tx`case when m.author_type = 'member' then m.author_id end`;
}

/** Of `audit_log a`: a status set to resolved, or from it to another. */
export function isTurn(tx: Tx): Fragment {
  return tx`a.action = 'thread.status_set' and (a.details->>'to' = 'resolved') <> (a.details->>'from' = 'resolved')`;
}

/** Of `audit_log a`, as precise as what is told of messages. */
export function momentOf(tx: Tx): Fragment {
  return tx`date_trunc('milliseconds', a.at)`;
}

/** Of `audit_log a`. */
export function actorOf(tx: Tx): Fragment {
  return tx`case when a.actor_type = 'member' then a.actor_id end`;
}
