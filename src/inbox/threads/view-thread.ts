/** `thread:open`, `thread:close`: who views a thread; not stored in Postgres. */
import type { Command } from '../command.ts';
import { accessThread } from './access.ts';

/** Allowed to whoever may see the thread; the transport keeps the lease. */
export const openThread: Command<'thread:open'> = {
  name: 'thread:open',
  access: 'read',
  async run(context, { threadId }) {
    const { assigneeId } = await accessThread(context, threadId, 'read');
    return { data: {}, effects: [{ type: 'viewing', threadId, assigneeId, on: true }] };
  },
};

/** Ends the lease at once; otherwise it would expire. */
export const closeThread: Command<'thread:close'> = {
  name: 'thread:close',
  access: 'read',
  async run(context, { threadId }) {
    const { assigneeId } = await accessThread(context, threadId, 'read');
    return { data: {}, effects: [{ type: 'viewing', threadId, assigneeId, on: false }] };
  },
};
