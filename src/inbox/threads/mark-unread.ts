/** `thread:mark-unread`: marks what a customer wrote as unread by the team. */
import type { CommandInput } from '../../contract/commands.ts';
import type { Command, CommandContext } from '../command.ts';
import { AsLogged } from '../event-log.ts';
import { invalidField } from '../input.ts';
import { lockThread } from './access.ts';
import { threadUpdated } from './changes.ts';
import {
  flagUnread,
  isLookedThrough,
  LOOKED_THROUGH,
  selectMarkable,
  selectPosition,
  selectThreadEntity,
} from './queries.ts';

/** Each message costs a row and its index entries, while the thread is locked. */
const MOST_MARKED = 1000;
const NEWEST = `the newest ${String(LOOKED_THROUGH)} messages`;

/**
 * Locks the thread. Marking again changes nothing. The customer is told nothing, and a read receipt they have stays.
 * Status and assignee stay as well. At most 1,000 messages at once, of the newest 5,000 of the conversation.
 */
export const markUnread: Command<'thread:mark-unread'> = {
  name: 'thread:mark-unread',
  access: 'write',
  async run(context, input) {
    const { tx, caller } = context;
    const thread = await lockThread(context, input.threadId, 'read');
    const flagged = await flagUnread(tx, caller.tenantId, thread.id, await wanted(context, input));
    if (flagged === 0) return { data: { thread: await selectThreadEntity(tx, caller.tenantId, thread.id) } };
    const updated = threadUpdated(caller.tenantId, thread);
    return { data: new AsLogged(updated), changes: [updated] };
  },
};

/** Ids of the messages to mark, of which some may be unread already; at least one. */
async function wanted(
  { tx, caller: { tenantId } }: CommandContext,
  { threadId, fromMessageId }: CommandInput<'thread:mark-unread'>,
): Promise<string[]> {
  const thread = { tenantId, threadId };
  if (fromMessageId === undefined) {
    const newest = await selectMarkable(tx, thread, '', 1);
    if (newest.length === 0) throw invalidField('threadId', `has no message of the customer among ${NEWEST}`);
    return newest;
  }
  const from = await selectPosition(tx, tenantId, threadId, fromMessageId);
  if (from === null) throw invalidField('fromMessageId', 'is not a message of this conversation');
  if (!(await isLookedThrough(tx, thread, from))) throw invalidField('fromMessageId', `is not among ${NEWEST}`);
  const ids = await selectMarkable(tx, thread, from, MOST_MARKED + 1);
  if (ids.length === 0) throw invalidField('fromMessageId', 'has no message of the customer from there on');
  if (ids.length > MOST_MARKED)
    throw invalidField('fromMessageId', `has more than ${String(MOST_MARKED)} messages of the customer from there on`);
  return ids;
}
