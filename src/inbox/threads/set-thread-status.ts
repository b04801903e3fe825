/** `thread:set-status`: open, pending, snoozed until an instant, or resolved. */
import type { CommandInput } from '../../contract/commands.ts';
import { InboxError } from '../../contract/errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { AsLogged } from '../event-log.ts';
import { invalidField } from '../input.ts';
import { lockThread } from './access.ts';
import { loadChanged, threadUpdated } from './changes.ts';
import { selectCameSince, selectPosition, selectThreadEntity, updateStatus, type ThreadRow } from './queries.ts';

type Input = CommandInput<'thread:set-status'>;

/**
 * Locks the thread. Setting the current status changes nothing. Throws stale_view with the customer's newest message if
 * they have written since `seenMessageId`.
 */
export const setThreadStatus: Command<'thread:set-status'> = {
  name: 'thread:set-status',
  access: 'write',
  async run(context, input) {
    const { tx, caller, clock } = context;
    const snoozedUntil = wakeUpAt(input, clock.nowMs());
    const thread = await lockThread(context, input.threadId, 'write');
    if (isUnchanged(thread, input, snoozedUntil)) {
      return { data: { thread: await selectThreadEntity(tx, caller.tenantId, thread.id) } };
    }
    await assertNothingCame(context, thread, input.seenMessageId);
    const updated = threadUpdated(caller.tenantId, thread);
    const loadMoves = (thread.status === 'resolved') !== (input.status === 'resolved');
    return {
      data: new AsLogged(updated),
      writes: [updateStatus(tx, caller.tenantId, thread.id, { status: input.status, snoozedUntil })],
      changes: [updated, ...(loadMoves ? loadChanged(caller.tenantId, [thread.assigneeId]) : [])],
      audit: [
        {
          action: 'thread.status_set',
          subjectType: 'thread',
          subjectId: thread.id,
          details: { from: thread.status, to: input.status },
        },
      ],
    };
  },
};

function wakeUpAt(input: Input, nowMs: number): Date | null {
  if (input.status !== 'snoozed') return null;
  const until = input.snoozeUntil === undefined ? Number.NaN : Date.parse(input.snoozeUntil);
  if (!(until > nowMs)) throw invalidField('snoozeUntil', 'must be an instant in the future for status snoozed');
  return new Date(until);
}

/**
 * Only what the customer wrote counts, not what the team did. The thread is locked, so nothing can come meanwhile.
 */
async function assertNothingCame(
  { tx, caller: { tenantId } }: CommandContext,
  { id: threadId, lastMessageId, unreadCount }: ThreadRow,
  seen: string | undefined,
): Promise<void> {
  if (seen === undefined || (seen === lastMessageId && unreadCount === 0)) return;
  const position = await selectPosition(tx, tenantId, threadId, seen);
  if (position === null) throw invalidField('seenMessageId', 'is not a message of this conversation');
  const message = await selectCameSince(tx, { tenantId, threadId }, { id: seen, position });
  if (message !== null)
    throw new InboxError('stale_view', 'The customer has written since. Read it first.', { message });
}

function isUnchanged(thread: ThreadRow, input: Input, snoozedUntil: Date | null): boolean {
  return thread.status === input.status && thread.snoozedUntil?.getTime() === snoozedUntil?.getTime();
}
