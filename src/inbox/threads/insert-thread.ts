/** The statement that opens a thread. */
import type { AccountId, ContactId, MemberId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Recipient } from '../contacts/recipient.ts';

/** A new thread's first assignee and time. */
export interface NewThread {
  readonly accountId: AccountId;
  readonly contactId: ContactId;
  readonly recipient: Recipient;
  readonly assigneeId: MemberId | null;
  readonly at: Date;
}

/**
 * One thread per account and contact, even if somebody else opens it at the same moment. Index: threads_contact_key.
 * May wait for a transaction that is inserting the same one.
 */
export async function insertThread(
  tx: Tx,
  tenantId: string,
  thread: NewThread,
): Promise<{ readonly threadId: ThreadId; readonly created: boolean }> {
  const { accountId, contactId, assigneeId, at } = thread;
  const { type, value } = thread.recipient.address;
  const made = await tx<{ id: ThreadId }[]>`
    insert into threads (tenant_id, account_id, contact_id, assignee_id, last_activity_at, reply_type, reply_value)
    values (${tenantId}, ${accountId}, ${contactId}, ${assigneeId}, ${at}, ${type}, ${value})
    on conflict on constraint threads_contact_key do nothing returning id`;
  if (made[0] !== undefined) return { threadId: made[0].id, created: true };
  const found = await tx<{ id: ThreadId }[]>`
    select id from threads
    where tenant_id = ${tenantId} and account_id = ${accountId} and contact_id = ${contactId}`;
  if (found[0] === undefined) throw new Error('A thread that exists cannot be found.');
  return { threadId: found[0].id, created: false };
}
