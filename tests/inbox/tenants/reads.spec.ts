/** What erasing a business reads of others, whose tables they are as well. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TenantId } from '../../../src/contract/ids.ts';
import { takeTenantStep } from '../../../src/inbox/tenants/erase-steps.ts';
import type { Tx } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, createTenant, message, part, person } from '../../support/ingest.ts';
import { readBy } from '../../support/read-rows.ts';

const TABLES = ['messages', 'media', 'webhook_journal', 'audit_log'];
/** Of each table. */
const ROWS = 5000;

let db: TestDatabase;
let mine: TenantId;

async function fill(channel: string): Promise<TenantId> {
  const account = await createTenant(db.database, channel);
  const { tenantId } = account;
  const said = message(channel, 'first', { chat: person(`1555${channel.slice(-7)}`, 'Ada'), text: 'hello' });
  await apply(db.database, account, [part([said], { body: Buffer.from('raw') })]);
  await db.database.transaction('test.fill', async (tx) => {
    await tx`
      insert into messages (tenant_id, thread_id, account_id, direction, kind, text, status, author_type, sent_at, received_at,
        position)
      select m.tenant_id, m.thread_id, m.account_id, 'inbound', 'text', 'words', 'received', 'contact', now(), now(), n::text
      from messages m, generate_series(1, ${ROWS}::int) n where m.tenant_id = ${tenantId}`;
    await tx`
      insert into media (tenant_id, thread_id, mime)
      select t.tenant_id, t.id, 'text/plain' from threads t, generate_series(1, ${ROWS}::int) where t.tenant_id = ${tenantId}`;
    await tx`
      insert into webhook_journal (tenant_id, received_at, stream_id, provider, auth, correlation_id, body)
      select ${tenantId}, now(), n::text, 'cloud', 'global', 'c', 'raw' from generate_series(1, ${ROWS}::int) n`;
    await tx`
      insert into audit_log (tenant_id, actor_type, action, subject_type)
      select ${tenantId}, 'system', 'test', 'test' from generate_series(1, ${ROWS}::int)`;
  });
  return tenantId;
}

// Statistics of when both were there: half of all rows is this one's, which a scan would find at once.
beforeAll(async () => {
  db = await createTestDatabase();
  await fill('100000000000002');
  mine = await fill('100000000000001');
  await db.database.run('test.analyze', (sql) => sql`analyze`);
  await db.database.transaction('test.gone', async (tx) => {
    for (const table of TABLES) await tx`delete from ${tx(table)} where tenant_id = ${mine}`;
  });
});
afterAll(() => db.drop());

/** Rows that a step reads of a table or by an index of it. */
async function rowsReadAt(stage: string): Promise<number> {
  const erasing = { tenantId: mine, requestedAt: new Date(), stage, place: '' };
  const around = { nowMs: Date.now(), arrivals: () => Promise.resolve(null) };
  const nodes = await readBy(db.url, mine, (tx: Tx) => takeTenantStep(tx, erasing, around), 'none');
  expect(nodes.length).toBeGreaterThan(1);
  return Math.max(...nodes.map(({ rows }) => rows));
}

it.each(['media', 'journal', 'messages', 'audit_log', 'people', 'last'])(
  'the step %s reads none of what others have, whatever statistics say',
  async (stage) => {
    expect(await rowsReadAt(stage)).toBeLessThan(100);
  },
);
