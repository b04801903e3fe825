/** What other capabilities may query about threads and the log. */
import type { Cursor } from '../../contract/events.ts';
import type { Tx } from '../../platform/postgres.ts';
import { selectCursor } from './queries.ts';

/** Where the tenant's log stands in this transaction's snapshot. */
export async function logCursor(tx: Tx, tenantId: string): Promise<Cursor> {
  return selectCursor(tx, tenantId);
}
