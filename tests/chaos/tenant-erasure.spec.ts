/** A business is erased to its end while everything runs, whatever is killed in the middle of it, and others notice nothing. */
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eraseTenant } from '../../src/inbox/tenants/erase-tenant.ts';
import { holding } from '../support/hold.ts';
import { createTenant } from '../support/ingest.ts';
import { tablesWith } from '../support/stored-words.ts';
import { createSystem, deliverCloud, textValue, type System, type Worker } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

const WORD = 'xylophone';
const [MINE, OTHER] = ['100000000000001', '100000000000002'];

let system: System;

beforeEach(async () => {
  system = await createSystem();
});
afterEach(() => system.stop());

async function countOf(tenantId: string, table = 'messages'): Promise<number> {
  const [row] = await system.database.run(
    'test.count',
    (sql) => sql<{ n: number }[]>`select count(*)::int as n from ${sql(table)} where tenant_id = ${tenantId}`,
  );
  return row?.n ?? 0;
}

/** More messages than one step takes. */
async function writeMany(tenantId: string): Promise<void> {
  await system.database.run(
    'test.many',
    (sql) => sql`
      insert into messages (tenant_id, thread_id, account_id, direction, kind, text, status, author_type, sent_at, received_at, position)
      select t.tenant_id, t.id, t.account_id, 'inbound', 'text', ${WORD}, 'received', 'contact', now(), now(), lpad(n::text, 20, '0')
      from threads t, generate_series(1, 2500) n where t.tenant_id = ${tenantId}`,
  );
}

async function isHeldUp(): Promise<boolean> {
  const rows = await system.database.run(
    'test.held',
    (sql) => sql`
      select from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.relation = 'threads'::regclass and not l.granted and a.datname = current_database()
        and a.query like '%erase_rows%'`,
  );
  return rows.length > 0;
}

/** Kills housekeeping in a step that has deleted and not committed. */
async function killInTheMiddle(): Promise<void> {
  await holding(system.database, async (tx) => {
    await tx`lock table threads in share mode`;
    const victim = await system.spawn('consumers/housekeeping');
    await waitFor(isHeldUp, { what: 'rows being deleted' });
    await victim.end('SIGKILL');
    expect(victim.child.signalCode).toBe('SIGKILL');
  });
}

/** What a process had to say above `info`, of what it said at all. */
async function saidBy({ logFile }: Worker): Promise<{ readonly said: number; readonly complaints: string[] }> {
  const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line.startsWith('{'));
  return { said: lines.length, complaints: lines.filter((line) => !line.includes('"level":"info"')) };
}

it('goes on where it was, beside webhooks of all', async () => {
  const mine = await createTenant(system.database, MINE);
  const other = await createTenant(system.database, OTHER);
  const [gateway, inbound] = [await system.spawn('server'), await system.spawn('consumers/inbound')];
  let sent = 0;
  const post = async (channel: string): Promise<void> => {
    sent += 1;
    await deliverCloud([gateway], textValue(channel, `wamid.${String(sent)}`, { text: `${WORD} ${String(sent)}` }));
  };
  for (const channel of [MINE, OTHER, OTHER]) await post(channel);
  await waitFor(async () => (await countOf(mine.tenantId)) === 1 && (await countOf(other.tenantId)) === 2);
  await writeMany(mine.tenantId);

  await system.database.transaction('test.erase', (tx) => eraseTenant(tx, { tenant: mine.tenantId, confirm: 'Test' }));
  // As if it had been asked for a while ago.
  await system.database.run(
    'test.ago',
    (sql) => sql`update tenant_erasures set requested_at = requested_at - interval '1 minute'`,
  );
  await killInTheMiddle();
  expect(await countOf(mine.tenantId, 'threads')).toBe(1);
  const keepers = [await system.spawn('consumers/housekeeping'), await system.spawn('consumers/housekeeping')];
  for (const channel of [MINE, OTHER, MINE, OTHER]) await post(channel);
  await waitFor(
    async () => {
      const rows = await system.database.run(
        'test.finished',
        (sql) => sql`select from tenant_erasures where finished_at is not null`,
      );
      return rows.length > 0;
    },
    { what: 'the erasure' },
  );
  await waitFor(async () => (await countOf(other.tenantId)) === 4, { what: 'what the other one was sent' });
  expect(await tablesWith(system.database, mine.tenantId)).toEqual(['tenant_erasures']);
  for (const worker of [...keepers, inbound]) {
    expect(worker.child.exitCode).toBeNull();
    // Lines are written with a delay: who has ended has said all.
    expect(await worker.end('SIGTERM')).toBe(0);
    const { said, complaints } = await saidBy(worker);
    expect(complaints).toEqual([]);
    expect(said).toBeGreaterThan(0);
  }
});
