/** `saved-reply:list`: every saved reply of the business, for everybody on its team. */
import type { TenantId } from '../../contract/ids.ts';
import type { SavedReply } from '../../contract/saved-replies.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Command } from '../command.ts';

/** By shortcut. Index: saved_replies_shortcut_key. Lock: none. */
export async function selectSavedReplies(tx: Tx, tenantId: TenantId): Promise<SavedReply[]> {
  const rows = await tx<{ savedReply: SavedReply }[]>`
    select e.entity as "savedReply" from saved_replies r
    join saved_reply_entities e on e.tenant_id = r.tenant_id and e.id = r.id
    where r.tenant_id = ${tenantId} order by r.shortcut`;
  return rows.map(({ savedReply }) => savedReply);
}

/** By shortcut. */
export const listSavedReplies: Command<'saved-reply:list'> = {
  name: 'saved-reply:list',
  access: 'read',
  onReplica: true,
  run: async ({ tx, caller }) => ({ data: { items: await selectSavedReplies(tx, caller.tenantId) } }),
};
