/** `thread:open`, `thread:close`, `typing:set`: signals about a thread that are not stored. */
import type { Command } from '../command.ts';
import { accessThread } from './access.ts';
import { selectNewestInboundId } from './queries.ts';

/** Allowed to whoever may see the thread; the transport keeps the lease. */
export const openThread: Command<'thread:open'> = {
  name: 'thread:open',
  access: 'read',
  async run(context, { threadId }) {
    const { assigneeId } = await accessThread(context, threadId, 'read');
    return { data: {}, effects: [{ type: 'viewing', threadId, assigneeId, on: true }] };
  },
};

/** Ends the lease at once; without it the lease runs out by itself. */
export const closeThread: Command<'thread:close'> = {
  name: 'thread:close',
  access: 'read',
  async run(context, { threadId }) {
    const { assigneeId } = await accessThread(context, threadId, 'read');
    return { data: {}, effects: [{ type: 'viewing', threadId, assigneeId, on: false }] };
  },
};

/** Shown to colleagues, and to the customer where the provider can and they have written before. */
export const setTyping: Command<'typing:set'> = {
  name: 'typing:set',
  access: 'read',
  async run(context, { threadId, typing }) {
    const { tx, caller } = context;
    const { assigneeId, accountId } = await accessThread(context, threadId, 'write');
    const effects = [{ type: 'typing', threadId, assigneeId, on: typing } as const];
    const newest = typing ? await selectNewestInboundId(tx, caller.tenantId, threadId, null) : null;
    if (newest === null) return { data: {}, effects };
    const job = { tenantId: caller.tenantId, accountId, threadId, task: 'typing', providerMessageId: newest } as const;
    return { data: {}, effects, jobs: [job] };
  },
};
