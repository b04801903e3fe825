/** `thread:set-tags`: adds tags to a thread and removes tags. */
import type { Command } from '../command.ts';
import { AsLogged } from '../event-log.ts';
import { invalidField } from '../input.ts';
import { lockThread } from './access.ts';
import { threadUpdated } from './changes.ts';
import { insertTags, selectThreadEntity, updateTags } from './queries.ts';

const MAX_TAGS = 50;

/** The resulting tags: sorted, without repeats. A tag that is both added and removed is removed. */
export function mergeTags(current: readonly string[], add: readonly string[], remove: readonly string[]): string[] {
  const gone = new Set(remove);
  return [...new Set([...current, ...add])].filter((tag) => !gone.has(tag)).sort();
}

/** Locks the thread; new names enter the tenant's catalog. At most 50 tags per thread. */
export const setThreadTags: Command<'thread:set-tags'> = {
  name: 'thread:set-tags',
  access: 'write',
  async run(context, input) {
    const { tx, caller } = context;
    const thread = await lockThread(context, input.threadId, 'write');
    const tags = mergeTags(thread.tags, input.add ?? [], input.remove ?? []);
    if (tags.length > MAX_TAGS)
      throw invalidField('add', `would give the conversation more than ${String(MAX_TAGS)} tags`);
    const added = tags.filter((tag) => !thread.tags.includes(tag));
    if (added.length === 0 && tags.length === thread.tags.length) {
      return { data: { thread: await selectThreadEntity(tx, caller.tenantId, thread.id) } };
    }
    const updated = threadUpdated(caller.tenantId, thread);
    return {
      data: new AsLogged(updated),
      writes: [
        ...(added.length > 0 ? [insertTags(tx, caller.tenantId, added)] : []),
        updateTags(tx, caller.tenantId, thread.id, tags),
      ],
      changes: [updated],
    };
  },
};
