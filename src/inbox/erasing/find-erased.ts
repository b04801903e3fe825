/** `thread:find-erased`: what a client keeps of conversations that were erased while it was away has to go as well. */
import type { TenantId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Command } from '../command.ts';

/**
 * Says nothing of conversations that are there, whoever may see them. Whoever asks about an erased one knew its id.
 */
export const findErased: Command<'thread:find-erased'> = {
  name: 'thread:find-erased',
  access: 'read',
  run: async ({ tx, caller }, { threadIds }) => ({
    data: { threadIds: await selectErased(tx, caller.tenantId, threadIds) },
  }),
};

/**
 * An erased conversation is one that row-level security hides while the empty rows of its messages stay. Index:
 * messages_by_thread, threads primary key. Lock: none.
 */
async function selectErased(tx: Tx, tenantId: TenantId, threadIds: readonly ThreadId[]): Promise<ThreadId[]> {
  const rows = await tx<{ id: ThreadId }[]>`
    select distinct w.id from unnest(${[...threadIds]}::uuid[]) w (id)
    where exists (select 1 from messages m where m.tenant_id = ${tenantId} and m.thread_id = w.id)
      and not exists (select 1 from threads t where t.tenant_id = ${tenantId} and t.id = w.id)`;
  return rows.map(({ id }) => id);
}
