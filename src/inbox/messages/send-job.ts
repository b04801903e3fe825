/** The nudge that a thread has something to send. */
import type { TenantId } from '../../contract/ids.ts';
import type { OutboundJob } from '../../contract/jobs.ts';
import type { ThreadRow } from '../threads/access.ts';

/** For the outbound stream, after commit. */
export function sendJob(tenantId: TenantId, thread: Pick<ThreadRow, 'id' | 'accountId'>): OutboundJob {
  return { tenantId, accountId: thread.accountId, threadId: thread.id, task: 'send' };
}
