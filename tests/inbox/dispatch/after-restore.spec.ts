/** What docs/operations.md has the operator run after restoring an older state. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../../../scripts/bootstrap/paths.mjs';
import { claimMessage } from '../../../src/inbox/messages/dispatch/claim.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createSendingTenant, createThread, queueText, stored } from '../../support/outbound.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

/** The statements of the page's block that begins with the logs' epoch. */
function statements(): string[] {
  const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
  const [, block = ''] = /```sql\n(update tenant_logs [\s\S]*?)```/.exec(page) ?? [];
  return block.trim().split('\n');
}

async function epochOf(tenantId: string): Promise<string | undefined> {
  const [row] = await db.database.run(
    'test.epoch',
    (sql) => sql<{ epoch: string }[]>`select epoch from tenant_logs where tenant_id = ${tenantId}`,
  );
  return row?.epoch;
}

it('gives every log a new epoch and sends nothing again that waited or was on its way at that moment', async () => {
  const account = await createSendingTenant(db.database, { baseUrl: 'http://127.0.0.1:9' });
  const thread = await createThread(db.database, account, '15550100101');
  const ids = [await queueText(db.database, thread, 'on its way'), await queueText(db.database, thread, 'waits')];
  expect((await claimMessage(db.database, thread)).kind).toBe('claimed');
  const before = await epochOf(account.tenantId);

  await db.database.transaction('test.restored', async (tx) => {
    for (const statement of statements()) {
      await tx`select set_config('test.statement', ${statement}, true)`;
      await tx`do $do$ begin execute current_setting('test.statement'); end $do$`;
    }
  });

  expect((await claimMessage(db.database, thread)).kind).toBe('none');
  for (const id of ids) {
    expect(await stored(db.database, id)).toMatchObject({ sendState: 'unknown', status: 'unknown' });
  }
  expect(await epochOf(account.tenantId)).not.toBe(before);
});
