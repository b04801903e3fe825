/** What a message that failed after it was taken means for its conversation and its number. */
import type { TenantId } from '../../contract/ids.ts';
import type { Database, Tx } from '../../platform/postgres.ts';
import type { StatusEvent } from '../../providers/inbound.ts';
import { logChanges, type LoggedEvent } from '../event-log.ts';
import { stopAccount } from '../messages/dispatch/accounts.ts';
import { closeWindow } from '../threads/close-window.ts';
import type { AccountRef } from './part.ts';
import { asUuid } from './times.ts';

/**
 * Closes the window, or stops the number, where the code says so; harmless to repeat. A token that was replaced since
 * cannot be told from the one that failed: such a number is shown as needing a person until somebody connects it.
 */
export async function applyFailedStatus(
  db: Database,
  account: AccountRef,
  { error, providerMessageId, clientRef }: Pick<StatusEvent, 'error' | 'providerMessageId' | 'clientRef'>,
): Promise<readonly LoggedEvent[]> {
  const { tenantId, accountId } = account;
  if (error?.action === 'account') {
    return stopAccount(db, { tenantId, accountId, tokenMark: null }, error);
  }
  if (error?.action !== 'window') return [];
  return db.transaction('ingest.close_window', async (tx) => {
    const id = await findOwn(tx, account, { providerMessageId, clientRef });
    const closed = id === null ? null : await closeWindow(tx, { tenantId, id });
    return closed === null ? [] : logThread(tx, tenantId, closed);
  });
}

/** By the carrier's id, or by ours where the answer of the send is not recorded yet. Index: messages_provider_key, messages primary key. */
async function findOwn(
  tx: Tx,
  { tenantId, accountId }: AccountRef,
  { providerMessageId, clientRef }: Pick<StatusEvent, 'providerMessageId' | 'clientRef'>,
): Promise<string | null> {
  const [found] = await tx<{ id: string }[]>`
    select id from messages where tenant_id = ${tenantId} and account_id = ${accountId} and direction = 'outbound'
      and provider_message_id = ${providerMessageId}
    union all
    select id from messages where tenant_id = ${tenantId} and account_id = ${accountId} and direction = 'outbound'
      and id = ${asUuid(clientRef)}::uuid
    limit 1`;
  return found?.id ?? null;
}

/** The thread's row is locked. Index: threads primary key. */
async function logThread(tx: Tx, tenantId: TenantId, id: string): Promise<LoggedEvent[]> {
  const [thread] = await tx<{ before: string | null }[]>`
    select assignee_id as before from threads where tenant_id = ${tenantId} and id = ${id}`;
  const change = { tenantId, type: 'thread.updated', id, threadId: id, before: thread?.before ?? null } as const;
  return logChanges(tx, [change]);
}
