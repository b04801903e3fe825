/** `thread:find-texts`: what of the conversations in a list has the words that were searched for. */
import type { Command } from '../command.ts';
import { isCommon } from './search.ts';
import { selectCommonHits, selectRareHits, selectVisible } from './text-queries.ts';

/**
 * The newest hit of each. None for a conversation that was found by its name or number, or that the caller may not see;
 * and for words that many have, none for one whose newest 1,000 messages lack them.
 */
export const findTexts: Command<'thread:find-texts'> = {
  name: 'thread:find-texts',
  access: 'read',
  onReplica: true,
  async run(context, { threadIds, q }) {
    const { tx, caller } = context;
    const sought = { tenantId: caller.tenantId, threadIds: await selectVisible(context, threadIds), q };
    const items = (await isCommon(context, q)) ? await selectCommonHits(tx, sought) : await selectRareHits(tx, sought);
    return { data: { items } };
  },
};
