/** The stored entries of conversations. */
import type { TenantId } from '../../contract/ids.ts';
import type { Fragment } from '../fragments.ts';
import { asJson, type Tx } from '../../platform/postgres.ts';
import type { Entry } from './turns.ts';

/** Where the counting of a conversation starts: after this entry, or at its beginning. */
export interface Place {
  readonly threadId: string;
  readonly lastAt: Date | null;
  readonly lastId: string | null;
}

/**
 * The stored entries of some conversations after those places, in order, a page at a time, because a conversation may
 * be long. Indexes: messages_by_thread, report_facts primary key. Locks nothing.
 */
export async function* storedEntries(
  tx: Tx,
  tenantId: TenantId,
  places: readonly Place[],
): AsyncGenerator<readonly Entry[]> {
  await tx`
    declare report_entries no scroll cursor for
    with p as materialized (
      select * from json_to_recordset(${asJson(tx, places)}) as r
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

/** Condition on `messages m`: neither imported phone history nor a notice. */
export function isEntry(tx: Tx): Fragment {
  return tx`not m.history and m.kind <> 'system'`;
}

/** Column of `messages m`: the member who wrote it. */
export function authorOf(tx: Tx): Fragment {
  return tx`case when m.author_type = 'member' then m.author_id end`;
}

/** Condition on `audit_log a`: the status changed to resolved, or from resolved. */
export function isTurn(tx: Tx): Fragment {
  return tx`a.action = 'thread.status_set' and (a.details->>'to' = 'resolved') <> (a.details->>'from' = 'resolved')`;
}

/** Column of `audit_log a`: its time, with the precision of message times. */
export function momentOf(tx: Tx): Fragment {
  return tx`date_trunc('milliseconds', a.at)`;
}

/** Column of `audit_log a`: the member who did it. */
export function actorOf(tx: Tx): Fragment {
  return tx`case when a.actor_type = 'member' then a.actor_id end`;
}
