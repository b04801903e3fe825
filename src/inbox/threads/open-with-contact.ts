/** The thread of an account with a contact, for a first outbound message. */
import type { ThreadId } from '../../contract/ids.ts';
import { InboxError } from '../../contract/errors.ts';
import type { CommandContext } from '../command.ts';
import { canWriteThread } from '../team/ability.ts';
import { insertThread, type NewThread } from './insert-thread.ts';

/**
 * Finds or creates it; `created` tells which. If the caller could not see the new thread unassigned, it is assigned to
 * them. Throws forbidden for members who may not work on threads. Locks nothing that exists: lock the thread next.
 */
export async function openThreadWith(
  context: CommandContext,
  beginning: Pick<NewThread, 'accountId' | 'contactId' | 'recipient'>,
): Promise<{ readonly threadId: ThreadId; readonly created: boolean }> {
  const { ability, caller, clock } = context;
  const assigneeId = canWriteThread(ability, null) ? null : caller.memberId;
  if (!canWriteThread(ability, assigneeId)) throw new InboxError('forbidden', 'You cannot start conversations.');
  return insertThread(context.tx, caller.tenantId, { ...beginning, assigneeId, at: clock.now() });
}
