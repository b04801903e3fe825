/** What other capabilities may ask about threads and the log. */
import type { Cursor } from '../../contract/events.ts';
import type { Tx } from '../../platform/postgres.ts';
import { selectCursor, selectNewestInboundId } from './queries.ts';

/** The provider's id of the customer's newest message in a thread, or null. */
export async function newestInboundId(tx: Tx, tenantId: string, threadId: string): Promise<string | null> {
  return selectNewestInboundId(tx, tenantId, threadId, null);
}

/** Where the tenant's log stands in this transaction's snapshot. */
export async function logCursor(tx: Tx, tenantId: string): Promise<Cursor> {
  return selectCursor(tx, tenantId);
}
