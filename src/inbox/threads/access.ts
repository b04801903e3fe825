/** The only way to a thread: loading and authorising are one step, and "missing" looks like "not yours". */
import { InboxError } from '../../contract/errors.ts';
import type { ThreadId } from '../../contract/ids.ts';
import type { CommandContext } from '../command.ts';
import { canSeeThread, canWriteThread, type InboxAbility, type ThreadSubject } from '../team/ability.ts';
import { selectThread, selectThreadForUpdate, type ThreadRow } from './queries.ts';

/** `read`: see it; `write`: answer, tag, note, close. */
export type Need = 'read' | 'write';

export type { SendThread, ThreadRow } from './queries.ts';

/** The refusal for a thread that does not exist or that the caller may not see. */
export function threadNotFound(): InboxError {
  return new InboxError('not_found', 'There is no such conversation.');
}

/** Loads without a lock, for commands that change nothing. Throws not_found, or forbidden if visible but read-only. */
export async function accessThread(context: CommandContext, threadId: ThreadId, need: Need): Promise<ThreadRow> {
  const { tx, caller, ability, named } = context;
  const thread = named?.id === threadId ? named : await selectThread(tx, caller.tenantId, threadId);
  return authoriseThread(ability, thread, need);
}

/**
 * Loads, locks the row (`for no key update`, until commit) and authorises it in its locked state. Throws not_found, or
 * forbidden if visible but read-only.
 */
export async function lockThread(context: CommandContext, threadId: ThreadId, need: Need): Promise<ThreadRow> {
  return authoriseThread(context.ability, await lockUnseen(context, threadId), need);
}

/** The locked thread before any check of rights, or null. Only for a handler that handles both cases itself. */
export async function lockUnseen({ tx, caller, named }: CommandContext, threadId: ThreadId): Promise<ThreadRow | null> {
  return named?.id === threadId ? named : await selectThreadForUpdate(tx, caller.tenantId, threadId);
}

/** Authorises a loaded thread. Throws not_found, or forbidden if visible but read-only. Pure. */
export function authoriseThread<T extends ThreadSubject>(ability: InboxAbility, thread: T | null, need: Need): T {
  if (thread === null || !canSeeThread(ability, thread.assigneeId)) throw threadNotFound();
  if (need === 'write' && !canWriteThread(ability, thread.assigneeId)) {
    throw new InboxError('forbidden', 'You may read this conversation, not work on it.');
  }
  return thread;
}
