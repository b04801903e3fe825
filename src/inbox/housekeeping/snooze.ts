/** Wakes threads whose snooze is over. */
import type { TenantId } from '../../contract/ids.ts';
import type { Database, Tx } from '../../platform/postgres.ts';
import { logChanges, type LoggedEvent } from '../event-log.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import type { Job } from './jobs.ts';

const LIMIT = 200;

interface Woken {
  readonly tenantId: TenantId;
  readonly id: string;
  readonly assigneeId: string | null;
}

/** Reopens snoozed threads, with an event, within about a second of their time. */
export function snoozeJob(deps: { readonly db: Database; readonly hints: HintPublisher }): Job {
  return {
    name: 'snooze',
    everyMs: 1000,
    full: LIMIT,
    run: async () => {
      const { count, logged } = await deps.db.transaction('snooze.wake', wakeDue);
      publishHints(deps.hints, logged);
      return count;
    },
  };
}

async function wakeDue(tx: Tx): Promise<{ readonly count: number; readonly logged: readonly LoggedEvent[] }> {
  const woken = await wakeThreads(tx);
  const logged = await logChanges(
    tx,
    woken.map(({ tenantId, id, assigneeId }) => ({
      tenantId,
      type: 'thread.updated',
      id,
      threadId: id,
      before: assigneeId,
    })),
  );
  return { count: woken.length, logged };
}

/**
 * Locks the threads in the common order; those that others have locked are woken in the next round. Index:
 * threads_snoozed.
 */
async function wakeThreads(tx: Tx): Promise<Woken[]> {
  return await tx<Woken[]>`
    with due as materialized (
      select tenant_id, id from threads where status = 'snoozed' and snoozed_until <= now()
      order by snoozed_until limit ${LIMIT}
    ), locked as materialized (
      select t.tenant_id, t.id from threads t join due d on d.tenant_id = t.tenant_id and d.id = t.id
      order by t.tenant_id, t.id for no key update of t skip locked
    )
    update threads t set status = 'open', snoozed_until = null, woken_at = now(), version = t.version + 1
    from locked l
    where t.tenant_id = l.tenant_id and t.id = l.id and t.status = 'snoozed' and t.snoozed_until <= now()
    returning t.tenant_id as "tenantId", t.id, t.assignee_id as "assigneeId"`;
}
