/** `inbox:snapshot`: everything a client starts from, and the position in the log it is true for. */
import type { Command } from '../command.ts';
import { listAccounts, type CapabilityMap } from '../accounts/accounts.ts';
import { selectSavedReplies } from '../saved-replies/list-saved-replies.ts';
import { canSeeSomewhere } from '../team/ability.ts';
import { listMembers, withStates } from '../team/members.ts';
import { selectCounts, selectTags } from './list-queries.ts';
import { threadPage } from './list-threads.ts';
import { selectCursor } from './queries.ts';

/** All parts come from one repeatable-read snapshot, so the cursor is neither ahead of nor behind any of them. */
export function snapshotInbox(capabilities: CapabilityMap): Command<'inbox:snapshot'> {
  return {
    name: 'inbox:snapshot',
    access: 'read',
    onReplica: true,
    async run(context, { view, limit }) {
      const { tx, caller, ability, presence } = context;
      const [cursor, page, counts, members, accounts, tags, savedReplies, states] = await Promise.all([
        selectCursor(tx, caller.tenantId),
        threadPage(context, view ?? {}, { limit }),
        selectCounts(context),
        listMembers(tx, caller.tenantId),
        listAccounts(tx, caller.tenantId, capabilities),
        canSeeSomewhere(ability) ? selectTags(tx, caller.tenantId) : [],
        selectSavedReplies(tx, caller.tenantId),
        presence.states(caller.tenantId),
      ]);
      const { items: threads, nextCursor } = page;
      return {
        data: {
          cursor,
          threads,
          counts,
          accounts,
          tags,
          savedReplies,
          nextCursor,
          members: withStates(members, states),
        },
      };
    },
  };
}
