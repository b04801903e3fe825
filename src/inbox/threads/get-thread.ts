/** `thread:get`: one thread as lists show it, however old. */
import type { Command } from '../command.ts';
import { accessThread } from './access.ts';
import { selectThreadEntity } from './queries.ts';

/** Throws not_found. */
export const getThread: Command<'thread:get'> = {
  name: 'thread:get',
  access: 'read',
  async run(context, { threadId }) {
    const { tx, caller } = context;
    const { id } = await accessThread(context, threadId, 'read');
    return { data: { thread: await selectThreadEntity(tx, caller.tenantId, id) } };
  },
};
