/** What other capabilities may query about threads and the log. */
import type { Cursor } from '../../contract/events.ts';
import type { Tx } from '../../platform/postgres.ts';
import { selectCursor, selectPosition } from './queries.ts';

/** Where the tenant's log stands in this transaction's snapshot. */
export async function logCursor(tx: Tx, tenantId: string): Promise<Cursor> {
  return selectCursor(tx, tenantId);
}

/** Where a message of this thread sorts in it; null when it is not one of its messages. */
export async function messagePosition(
  tx: Tx,
  { tenantId, threadId }: { readonly tenantId: string; readonly threadId: string },
  messageId: string,
): Promise<string | null> {
  return selectPosition(tx, tenantId, threadId, messageId);
}
