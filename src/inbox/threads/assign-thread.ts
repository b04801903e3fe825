/** `thread:assign`: assigns a thread to a member, or to nobody. */
import type { CommandInput } from '../../contract/commands.ts';
import { InboxError } from '../../contract/errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { AsLogged } from '../event-log.ts';
import { invalidField } from '../input.ts';
import { canAssign, canSeeThread } from '../team/ability.ts';
import { holdThreadWorker } from '../team/members.ts';
import { lockUnseen, threadNotFound } from './access.ts';
import { loadChanged, threadUpdated } from './changes.ts';
import { selectAssigneeAt, selectThreadEntity, updateAssignee, type ThreadRow } from './queries.ts';

type Input = CommandInput<'thread:assign'>;

/**
 * Locks the thread, and the new assignee, shared. Of several commands with one `expectedVersion` exactly one succeeds;
 * the others get `conflict`.
 */
export const assignThread: Command<'thread:assign'> = {
  name: 'thread:assign',
  access: 'write',
  async run(context, input) {
    const { tx, caller } = context;
    const thread = await lockForAssign(context, input);
    const to = input.assigneeId;
    if (!canAssign(context.ability, caller.memberId, thread.assigneeId, to)) {
      throw new InboxError('forbidden', 'You may take unassigned conversations and release your own.');
    }
    if (thread.assigneeId === to) return { data: { thread: await selectThreadEntity(tx, caller.tenantId, thread.id) } };
    if (to !== null && !(await holdThreadWorker(tx, caller.tenantId, to))) {
      throw invalidField('assigneeId', 'is not a member who can work on conversations');
    }
    const updated = threadUpdated(caller.tenantId, thread);
    const load = thread.status === 'resolved' ? [] : loadChanged(caller.tenantId, [thread.assigneeId, to]);
    return {
      data: new AsLogged(updated),
      writes: [updateAssignee(tx, caller.tenantId, thread.id, to)],
      changes: [updated, ...load],
      audit: [
        {
          action: 'thread.assigned',
          subjectType: 'thread',
          subjectId: thread.id,
          details: { from: thread.assigneeId, to },
        },
      ],
    };
  },
};

async function lockForAssign(context: CommandContext, input: Input): Promise<ThreadRow> {
  const { tx, caller, ability } = context;
  const thread = await lockUnseen(context, input.threadId);
  if (thread === null) throw threadNotFound();
  const visible = canSeeThread(ability, thread.assigneeId);
  const stale = input.expectedVersion !== undefined && input.expectedVersion !== thread.version;
  if (visible && !stale) return thread;
  if (visible) throw conflict({ thread: await selectThreadEntity(tx, caller.tenantId, thread.id) });
  // Somebody was faster and the thread is out of sight now. Saying so reveals nothing to a caller who saw that
  // version.
  if (stale && (await sawVersion(context, thread, input.expectedVersion ?? 0))) throw conflict(undefined);
  throw threadNotFound();
}

async function sawVersion(context: CommandContext, thread: ThreadRow, version: number): Promise<boolean> {
  const assigneeThen = await selectAssigneeAt(context.tx, context.caller.tenantId, thread.id, version);
  return assigneeThen !== undefined && canSeeThread(context.ability, assigneeThen);
}

function conflict(details: unknown): InboxError {
  return new InboxError('conflict', 'Somebody else changed this conversation first.', details);
}
