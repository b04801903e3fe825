/** Changes that commands on a message log. */
import type { TenantId } from '../../contract/ids.ts';
import type { Change } from '../event-log.ts';
import type { ThreadRow } from '../threads/access.ts';

/** `message.created` or `message.updated`, seen by whoever sees the thread. */
export function messageChange(
  tenantId: TenantId,
  thread: Pick<ThreadRow, 'id' | 'assigneeId'>,
  change: { readonly type: 'message.created' | 'message.updated'; readonly id: string },
): Change {
  return { tenantId, type: change.type, id: change.id, threadId: thread.id, before: thread.assigneeId };
}
