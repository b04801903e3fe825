/** `thread:messages`: a page of a thread, oldest first, with its notes. */
import type { CommandInput } from '../../contract/commands.ts';
import { InboxError } from '../../contract/errors.ts';
import type { MessageId } from '../../contract/ids.ts';
import type { Message } from '../../contract/message.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Command } from '../command.ts';
import { accessThread } from '../threads/access.ts';
import { logCursor, messagePosition } from '../threads/facts.ts';
import { checkPosition } from '../threads/page.ts';
import { selectMessagePage, selectNewerPage, selectNotes } from './queries.ts';

const DEFAULT_PAGE = 50;

/** Where older and newer messages go on; null where there are none. */
interface Page {
  readonly items: Message[];
  readonly nextCursor: string | null;
  readonly newerCursor: string | null;
}

/** A thread, read in a transaction. */
interface Reading {
  readonly tx: Tx;
  readonly where: { readonly tenantId: string; readonly threadId: string };
  readonly limit: number;
}

async function olderPage({ tx, where, limit }: Reading, before: string | null): Promise<Page> {
  const rows = await selectMessagePage(tx, where, before, limit + 1);
  const items = rows.slice(0, limit).reverse();
  const nextCursor = rows.length > limit ? (items[0]?.position ?? before) : null;
  return { items, nextCursor, newerCursor: before === null ? null : (items.at(-1)?.position ?? null) };
}

async function newerPage({ tx, where, limit }: Reading, from: string, isIncluded: boolean): Promise<Page> {
  const rows = await selectNewerPage(tx, where, { from, isIncluded }, limit + 1);
  const items = rows.slice(0, limit);
  return {
    items,
    nextCursor: items[0]?.position ?? null,
    newerCursor: rows.length > limit ? (items.at(-1)?.position ?? null) : null,
  };
}

/** Half a page of what was written before a message, then the message and what was written after it. */
async function pageAround(reading: Reading, messageId: MessageId): Promise<Page> {
  const { tx, where, limit } = reading;
  const position = await messagePosition(tx, where, messageId);
  if (position === null) throw new InboxError('not_found', 'There is no such message in this conversation.');
  const half = Math.floor(limit / 2);
  const [older, newer] = await Promise.all([
    olderPage({ ...reading, limit: half }, position),
    newerPage({ ...reading, limit: limit - half }, position, true),
  ]);
  return {
    items: [...older.items, ...newer.items],
    nextCursor: older.nextCursor,
    newerCursor: newer.newerCursor,
  };
}

async function pageOf(
  reading: Reading,
  { before, after, around }: Pick<CommandInput<'thread:messages'>, 'before' | 'after' | 'around'>,
): Promise<Page> {
  if (around !== undefined) return await pageAround(reading, around);
  return after === undefined ? await olderPage(reading, before ?? null) : await newerPage(reading, after, false);
}

/**
 * `before` and `after` are a message's `position`, or a cursor of another page; `around` is the id of a message. Notes
 * come with the newest page. All parts and the cursor come from one repeatable-read snapshot. Throws not_found,
 * invalid_input.
 */
export const listMessages: Command<'thread:messages'> = {
  name: 'thread:messages',
  access: 'read',
  onReplica: true,
  async run(context, { threadId, before, after, around, limit = DEFAULT_PAGE }) {
    const { tx, caller } = context;
    checkPosition('before', before);
    checkPosition('after', after);
    const thread = await accessThread(context, threadId, 'read');
    const where = { tenantId: caller.tenantId, threadId: thread.id };
    const isNewest = (before ?? after ?? around) === undefined;
    const [cursor, page, notes] = await Promise.all([
      logCursor(tx, caller.tenantId),
      pageOf({ tx, where, limit }, { before, after, around }),
      isNewest ? selectNotes(tx, caller.tenantId, thread.id) : [],
    ]);
    return { data: { ...page, notes, cursor } };
  },
};
