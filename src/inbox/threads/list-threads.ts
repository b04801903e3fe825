/** `thread:list`: a page of the threads the caller may see. */
import type { CommandResult, ThreadFilter, ThreadOrder } from '../../contract/commands.ts';
import type { Command, CommandContext } from '../command.ts';
import { selectThreadPage } from './list-queries.ts';
import { decodePageEnd, encodePageEnd } from './page.ts';
import { searchThreads } from './search.ts';

export const DEFAULT_PAGE = 50;

/** The part of a list that is requested; without `after` it starts at the top. */
interface Stretch {
  readonly order?: ThreadOrder | undefined;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** One page, newest activity first unless asked otherwise; `nextCursor` null on the last. */
export async function threadPage(
  context: CommandContext,
  filter: ThreadFilter,
  { order = 'newest', after, limit = DEFAULT_PAGE }: Stretch,
): Promise<CommandResult<'thread:list'>> {
  const start = after === undefined ? null : decodePageEnd(after, order);
  const page = { filter, order, after: start, limit: limit + 1 };
  const rows = await (filter.q === undefined || filter.q === ''
    ? selectThreadPage(context, page)
    : searchThreads(context, filter.q, page));
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ thread }) => thread),
    nextCursor: rows.length > limit && last !== undefined ? encodePageEnd(last, order) : null,
  };
}

/** Throws invalid_input for a cursor that no list in this order has returned. */
export const listThreads: Command<'thread:list'> = {
  name: 'thread:list',
  access: 'read',
  onReplica: true,
  async run(context, { order, after, limit, ...filter }) {
    return { data: await threadPage(context, filter, { order, after, limit }) };
  },
};
