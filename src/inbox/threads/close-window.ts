/** The carrier's statement about the customer service window overrides our own count. */
import type { ThreadId, TenantId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';

/** A thread whose window was closed, with its assignee. */
export interface ClosedWindow {
  readonly tenantId: TenantId;
  readonly id: ThreadId;
  readonly assigneeId: string | null;
}

/**
 * A carrier refused these messages because the window is closed: closes it, unless the customer has written since.
 * Returns the threads whose window was closed, their versions raised; the caller, who holds the threads, logs them.
 * Index: primary keys of messages and threads, messages_by_thread.
 */
export async function closeWindows(
  tx: Tx,
  messages: readonly { readonly tenantId: string; readonly id: string }[],
): Promise<ClosedWindow[]> {
  const [tenants, ids] = [messages.map(({ tenantId }) => tenantId), messages.map(({ id }) => id)];
  return await tx<ClosedWindow[]>`
    update threads t set window_expires_at = clock_timestamp(), version = t.version + 1
    from (
      select m.tenant_id, m.thread_id, max(m.position) as position
      from unnest(${tenants}::uuid[], ${ids}::uuid[]) as k (tenant_id, id)
      join messages m on m.tenant_id = k.tenant_id and m.id = k.id
      group by m.tenant_id, m.thread_id) refused
    where t.tenant_id = refused.tenant_id and t.id = refused.thread_id and t.window_expires_at > clock_timestamp()
      and not exists (select 1 from messages i where i.tenant_id = t.tenant_id and i.thread_id = t.id
        and i.position > refused.position and i.direction = 'inbound' and not i.history)
    returning t.tenant_id as "tenantId", t.id, t.assignee_id as "assigneeId"`;
}
