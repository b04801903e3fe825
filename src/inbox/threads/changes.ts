/** Changes that commands on one thread log. */
import type { MemberId, TenantId } from '../../contract/ids.ts';
import type { Change } from '../event-log.ts';
import type { ThreadRow } from './queries.ts';

/** `thread.updated`; `thread` is the row as it was before the change. */
export function threadUpdated(tenantId: TenantId, thread: Pick<ThreadRow, 'id' | 'assigneeId'>): Change {
  return { tenantId, type: 'thread.updated', id: thread.id, threadId: thread.id, before: thread.assigneeId };
}

/** `member.updated` for members whose number of active threads changed; nulls and repeats are left out. */
export function loadChanged(tenantId: TenantId, members: readonly (MemberId | null)[]): Change[] {
  const ids = [...new Set(members)].filter((id) => id !== null);
  return ids.map((id) => ({ tenantId, type: 'member.updated', id, threadId: null, before: null }));
}
