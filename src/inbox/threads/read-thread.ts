/** `thread:read`: marks everything up to a message as read by the team. */
import type { OutboundJob } from '../../contract/jobs.ts';
import type { Command, CommandContext } from '../command.ts';
import { AsLogged } from '../event-log.ts';
import { invalidField } from '../input.ts';
import { lockThread } from './access.ts';
import { threadUpdated } from './changes.ts';
import { clearUnread, selectNewestInboundId, selectPosition, selectThreadEntity, type ThreadRow } from './queries.ts';

/**
 * Locks the thread. Reading again changes nothing. The customer is told if `receipt` asks for it, or by the account's
 * policy if something was unread; an account set to `never` never tells.
 */
export const readThread: Command<'thread:read'> = {
  name: 'thread:read',
  access: 'write',
  async run(context, input) {
    const { tx, caller } = context;
    const thread = await lockThread(context, input.threadId, 'read');
    const position = await selectPosition(tx, caller.tenantId, thread.id, input.upToMessageId);
    if (position === null) throw invalidField('upToMessageId', 'is not a message of this conversation');
    const cleared = thread.unreadCount === 0 ? 0 : await clearUnread(tx, caller.tenantId, thread.id, position);
    const wanted = input.receipt ?? (cleared > 0 ? 'by-policy' : false);
    const updated = threadUpdated(caller.tenantId, thread);
    return {
      data: cleared > 0 ? new AsLogged(updated) : { thread: await selectThreadEntity(tx, caller.tenantId, thread.id) },
      changes: cleared > 0 ? [updated] : [],
      jobs: wanted === false ? [] : await receiptJobs(context, thread, { position, asked: wanted === true }),
    };
  },
};

async function receiptJobs(
  { tx, caller }: CommandContext,
  thread: ThreadRow,
  { position, asked }: { readonly position: string; readonly asked: boolean },
): Promise<OutboundJob[]> {
  const policy = thread.account.readReceipts;
  if (policy === 'never' || (policy === 'on_reply' && !asked)) return [];
  const providerMessageId = await selectNewestInboundId(tx, caller.tenantId, thread.id, position);
  if (providerMessageId === null) return [];
  const { tenantId } = caller;
  return [{ tenantId, accountId: thread.accountId, threadId: thread.id, task: 'read', providerMessageId }];
}
