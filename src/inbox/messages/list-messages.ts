/** `thread:messages`: a page of a thread, oldest first, with its notes. */
import type { Command } from '../command.ts';
import { invalidField } from '../input.ts';
import { accessThread } from '../threads/access.ts';
import { logCursor } from '../threads/facts.ts';
import { selectMessagePage, selectNotes } from './queries.ts';

const DEFAULT_PAGE = 50;
const POSITION = /^\d{13}-[0-9a-z-]{1,120}$/;

/**
 * `before` is a message's `position`, or the `nextCursor` of the page before. Notes come with the newest page. All
 * parts and the cursor come from one repeatable-read snapshot. Throws not_found, invalid_input.
 */
export const listMessages: Command<'thread:messages'> = {
  name: 'thread:messages',
  access: 'read',
  onReplica: true,
  async run(context, { threadId, before, limit = DEFAULT_PAGE }) {
    const { tx, caller } = context;
    if (before !== undefined && !POSITION.test(before))
      throw invalidField('before', 'is not a position in a conversation');
    const thread = await accessThread(context, threadId, 'read');
    const where = { tenantId: caller.tenantId, threadId: thread.id };
    const [cursor, rows, notes] = await Promise.all([
      logCursor(tx, caller.tenantId),
      selectMessagePage(tx, where, before ?? null, limit + 1),
      before === undefined ? selectNotes(tx, caller.tenantId, thread.id) : [],
    ]);
    const items = rows.slice(0, limit).reverse();
    return { data: { items, notes, nextCursor: rows.length > limit ? (items[0]?.position ?? null) : null, cursor } };
  },
};
