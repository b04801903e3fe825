/** `media:retry`: an agent wants a failed download to be tried again. */
import { InboxError } from '../../contract/errors.ts';
import type { Command } from '../command.ts';
import { fetchAgain } from '../media/fetch-again.ts';
import { threadUpdated } from '../threads/changes.ts';
import { messageChange } from './changes.ts';
import { bumpIfLast, selectMessageEntity } from './queries.ts';
import { lockMessage } from './retry-message.ts';

/** Locks the thread. Throws not_found, and conflict if nothing failed. */
export const retryMedia: Command<'media:retry'> = {
  name: 'media:retry',
  access: 'write',
  async run(context, input) {
    const { tx, caller } = context;
    const { thread, message } = await lockMessage(context, input);
    const mediaId = await fetchAgain(tx, caller.tenantId, message.id);
    if (mediaId === null) {
      throw new InboxError('conflict', 'Only an attachment that could not be fetched can be fetched again.');
    }
    const isLast = await bumpIfLast(tx, caller.tenantId, thread.id, message.id);
    const changed = messageChange(caller.tenantId, thread, { type: 'message.updated', id: message.id });
    return {
      data: { message: await selectMessageEntity(tx, caller.tenantId, message.id) },
      changes: [changed, ...(isLast ? [threadUpdated(caller.tenantId, thread)] : [])],
      jobs: [{ tenantId: caller.tenantId, accountId: thread.accountId, mediaId }],
      audit: [{ action: 'media.retried', subjectType: 'message', subjectId: message.id }],
    };
  },
};
