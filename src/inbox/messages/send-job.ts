/** The nudge that a thread has something to send. */
import type { TenantId } from '../../contract/ids.ts';
import type { OutboundJob } from '../../contract/jobs.ts';
import type { Priority } from '../../contract/send-input.ts';
import type { ThreadRow } from '../threads/access.ts';

/** For the outbound stream, after commit. */
export function sendJob(
  tenantId: TenantId,
  thread: Pick<ThreadRow, 'id' | 'accountId'>,
  priority: Priority,
): OutboundJob {
  const job: OutboundJob = { tenantId, accountId: thread.accountId, threadId: thread.id, task: 'send' };
  return priority === 'automatic' ? { ...job, priority } : job;
}
