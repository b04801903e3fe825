/** `thread:search`: where in a conversation words occur. */
import type { Command } from '../command.ts';
import { accessThread } from './access.ts';
import { checkPosition } from './page.ts';
import { selectHits, selectLookedTo } from './text-queries.ts';

const DEFAULT_PAGE = 50;

/**
 * Newest first. Each page looks through at most 5,000 messages, so that a long conversation costs no more than a short
 * one: a page may have few hits or none, and is the last only if `nextCursor` is null. Throws not_found, invalid_input.
 */
export const searchThread: Command<'thread:search'> = {
  name: 'thread:search',
  access: 'read',
  onReplica: true,
  async run(context, { threadId, q, before, limit = DEFAULT_PAGE }) {
    const { tx, caller } = context;
    checkPosition('before', before);
    const thread = await accessThread(context, threadId, 'read');
    const sought = { tenantId: caller.tenantId, threadId: thread.id, q, before: before ?? null };
    const found = await selectHits(tx, sought, limit + 1);
    const items = found.slice(0, limit);
    const end = found.length > limit ? (items.at(-1)?.position ?? null) : await selectLookedTo(tx, sought);
    return { data: { items, nextCursor: end } };
  },
};
