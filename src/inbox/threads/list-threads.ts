/** `thread:list`: a page of the threads the caller may see. */
import type { CommandResult, ThreadFilter } from '../../contract/commands.ts';
import type { Command, CommandContext } from '../command.ts';
import { selectThreadPage } from './list-queries.ts';
import { decodePageEnd, encodePageEnd } from './page.ts';
import { searchThreads } from './search.ts';

export const DEFAULT_PAGE = 50;

/** One page, newest activity first; `nextCursor` null on the last. `after` undefined starts at the top. */
export async function threadPage(
  context: CommandContext,
  filter: ThreadFilter,
  { after, limit = DEFAULT_PAGE }: { readonly after?: string | undefined; readonly limit?: number | undefined },
): Promise<CommandResult<'thread:list'>> {
  const start = after === undefined ? null : decodePageEnd(after);
  const page = { filter, after: start, limit: limit + 1 };
  const rows = await (filter.q === undefined || filter.q === ''
    ? selectThreadPage(context, page)
    : searchThreads(context, filter.q, page));
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ thread }) => thread),
    nextCursor: rows.length > limit && last !== undefined ? encodePageEnd(last) : null,
  };
}

/** Throws invalid_input for a cursor that no list has given out. */
export const listThreads: Command<'thread:list'> = {
  name: 'thread:list',
  access: 'read',
  async run(context, { after, limit, ...filter }) {
    return { data: await threadPage(context, filter, { after, limit }) };
  },
};
