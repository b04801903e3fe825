/**
 * `thread:find-erased`: tells a client which conversations were erased while it was away, so that it drops its copies.
 */
import type { TenantId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Command } from '../command.ts';

/**
 * Never returns an existing conversation, whether or not the caller may see it. Returning an erased one reveals
 * nothing: whoever asks already knew its id.
 */
export const findErased: Command<'thread:find-erased'> = {
  name: 'thread:find-erased',
  access: 'read',
  run: async ({ tx, caller }, { threadIds }) => ({
    data: { threadIds: await selectErased(tx, caller.tenantId, threadIds) },
  }),
};

/**
 * Row-level security hides an erased conversation, while the emptied rows of its messages stay. Indexes:
 * messages_by_thread, threads primary key. Lock: none.
 */
async function selectErased(tx: Tx, tenantId: TenantId, threadIds: readonly ThreadId[]): Promise<ThreadId[]> {
  const rows = await tx<{ id: ThreadId }[]>`
    select distinct w.id from unnest(${[...threadIds]}::uuid[]) w (id)
    where exists (select 1 from messages m where m.tenant_id = ${tenantId} and m.thread_id = w.id)
      and not exists (select 1 from threads t where t.tenant_id = ${tenantId} and t.id = w.id)`;
  return rows.map(({ id }) => id);
}
