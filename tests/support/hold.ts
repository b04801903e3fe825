/** Transactions that hold something for as long as a test wants to look at those who wait for it. */
import type { Database, Tx } from '../../src/platform/postgres.ts';

/** As long as a test may take. */
const HOLD_MS = 100_000;

/** As any transaction of the product, but without its limits for what idles, waits or takes long. */
export async function holding<T>(database: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  return await database.transaction(
    'test.hold',
    async (tx) => {
      await tx`select set_config('idle_in_transaction_session_timeout', '0', true), set_config('lock_timeout', '0', true)`;
      return await work(tx);
    },
    { deadlineMs: HOLD_MS },
  );
}
