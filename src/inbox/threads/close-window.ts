/** The carrier's word on the customer service window wins over what we have counted. */
import type { Tx } from '../../platform/postgres.ts';

/**
 * A carrier refused this message because the window is over: it is, unless the customer has written since. Returns the
 * thread whose window was closed, its version raised; the caller logs it. Locks the thread. Index: primary keys of
 * messages and threads, messages_by_thread.
 */
export async function closeWindow(
  tx: Tx,
  message: { readonly tenantId: string; readonly id: string },
): Promise<string | null> {
  const [closed] = await tx<{ id: string }[]>`
    update threads t set window_expires_at = clock_timestamp(), version = t.version + 1
    from messages m
    where m.tenant_id = ${message.tenantId} and m.id = ${message.id}
      and t.tenant_id = m.tenant_id and t.id = m.thread_id and t.window_expires_at > clock_timestamp()
      and not exists (select 1 from messages i where i.tenant_id = m.tenant_id and i.thread_id = m.thread_id
        and i.position > m.position and i.direction = 'inbound' and not i.history)
    returning t.id`;
  return closed?.id ?? null;
}
