/** Nothing of an erased business is kept anywhere, and nothing of another one is touched. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TenantId } from '../../../src/contract/ids.ts';
import { InboxError } from '../../../src/contract/errors.ts';
import { ERASED_TABLES } from '../../../src/inbox/tenants/erase-steps.ts';
import { createDiskBlobs } from '../../../src/platform/blobs-disk.ts';
import { tablesWith as storedIn } from '../../support/stored-words.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createBusiness, createEraser, erase, rowsOf, tenantTables, type Business } from '../../support/business.ts';

const WORD = 'xylophone';
/** Rows of nobody's business: people go with their last one; webhooks on their way are waited for; the others know of none. */
const OF_NOBODY = [
  ...['dead_letter_term', 'gateway_watch', 'platform_canary', 'schema_migrations', 'tenants', 'users'],
  ...['webhook_bodies', 'webhook_spill'],
];

let db: TestDatabase;
let folder: string;
let mine: Business;
let other: Business;

const blobs = () => createDiskBlobs(folder);
const eraser = () => createEraser(db.database, blobs());

beforeEach(async () => {
  db = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'erase-'));
  mine = await createBusiness(db.database, blobs(), { word: WORD, channel: '100000000000001' });
  other = await createBusiness(db.database, blobs(), { word: 'marimba', channel: '100000000000002' });
});
afterEach(async () => {
  await db.drop();
  await rm(folder, { recursive: true });
});

const codeOf = (error: unknown): string => (error instanceof InboxError ? error.code : String(error));

/** Every row of the business, as text. */
async function pictureOf(tenantId: TenantId): Promise<string[]> {
  const rows: string[] = [];
  for (const table of await tenantTables(db.database)) {
    const found = await db.database.run(
      'test.rows',
      (sql) => sql<{ text: string }[]>`
        select to_jsonb(x)::text as text from ${sql(table)} x where tenant_id = ${tenantId}`,
    );
    rows.push(...found.map(({ text }) => `${table} ${text}`));
  }
  return rows.sort();
}

const tablesWith = (text: string): Promise<string[]> => storedIn(db.database, text);

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name, parentPath }) => join(parentPath, name));
}

async function emails(): Promise<string[]> {
  const rows = await db.database.run(
    'test.users',
    (sql) => sql<{ email: string }[]>`select email from users order by 1`,
  );
  return rows.map(({ email }) => email);
}

async function engage(userId: string, tenantId: TenantId, removed = false): Promise<void> {
  await db.database.run(
    'test.join',
    (sql) => sql`
      insert into tenant_members (tenant_id, user_id, display_name, role, removed_at)
      values (${tenantId}, ${userId}, 'Both', 'agent', ${removed ? new Date() : null})`,
  );
}

describe('erasing a business', () => {
  it('knows every table: what is added later has to be added here', async () => {
    const [tables, all] = await Promise.all([
      tenantTables(db.database),
      db.database.run(
        'test.all',
        (sql) => sql<{ name: string }[]>`
          select relname as name from pg_class
          where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace`,
      ),
    ]);
    expect([...ERASED_TABLES, 'tenant_erasures'].sort()).toEqual(tables);
    expect(all.map(({ name }) => name).sort()).toEqual([...tables, ...OF_NOBODY].sort());
  });

  it('leaves a row that says when, and nothing of any other table, of people and of files; of others everything', async () => {
    const before = await rowsOf(db.database, mine.tenantId);
    // A control: there is something in each of them.
    expect([...before].flatMap(([table, count]) => (count === 0 ? [table] : []))).toEqual(['tenant_erasures']);
    const others = await pictureOf(other.tenantId);
    await erase(db.database, `t-${mine.tenantId}`);
    await eraser().finish();
    const after = await rowsOf(db.database, mine.tenantId);
    expect([...after].filter(([, count]) => count > 0)).toEqual([['tenant_erasures', 1]]);
    expect(await tablesWith(WORD)).toEqual([]);
    expect(await tablesWith(mine.tenantId)).toEqual(['tenant_erasures']);
    expect((await filesIn(folder)).sort()).toEqual(other.files.map((file) => join(folder, file)));
    expect(await emails()).toEqual([`marimba@${other.channel}.example`]);
    // What its own due erasure took along is none of this one's business.
    const isFile = (row: string): boolean => row.startsWith('erased_files');
    expect(await pictureOf(other.tenantId)).toEqual(others.filter((row) => !isFile(row)));
    expect(await erase(db.database, mine.tenantId, '')).toMatchObject({ finishedAt: expect.any(String) as string });
    expect(await erase(db.database, `t-${mine.tenantId}`).catch(codeOf)).toBe('not_found');
  });

  it('keeps people who are, or once were, in another business', async () => {
    const both = await createBusiness(db.database, blobs(), { word: 'both', channel: '100000000000003' });
    await engage(mine.userId, other.tenantId);
    await engage(both.userId, mine.tenantId);
    await engage(other.userId, both.tenantId, true);
    for (const { tenantId } of [mine, both]) await erase(db.database, tenantId);
    await eraser().finish();
    expect(await emails()).toEqual([`marimba@${other.channel}.example`, `${WORD}@${mine.channel}.example`]);
  });

  it('goes on where it stands, in steps of a bounded number of rows', async () => {
    await db.database.run(
      'test.many',
      (sql) => sql`
        insert into audit_log (tenant_id, actor_type, action, subject_type)
        select ${mine.tenantId}, 'system', 'test', 'test' from generate_series(1, 2500)`,
    );
    await erase(db.database, mine.tenantId);
    const left: number[] = [];
    const house = eraser();
    await house.settle(mine.tenantId);
    for (;;) {
      const [row] = await db.database.run(
        'test.left',
        (sql) => sql<{ n: number }[]>`select count(*)::int as n from audit_log where tenant_id = ${mine.tenantId}`,
      );
      left.push(row?.n ?? 0);
      if ((await house.round()) === 0) break;
    }
    const steps = left.map((count, at) => (left[at - 1] ?? count) - count);
    expect(Math.max(...steps)).toBe(1000);
    const known = await erase(db.database, mine.tenantId);
    expect(known.rowsGone).toBeGreaterThan(2500);
  });

  it('looks through few letters of nobody at a time, each of which may be in the journal of every business', async () => {
    await db.database.run(
      'test.letters',
      (sql) => sql`
        insert into dead_letters (provider, channel, reason, body, received_at, correlation_id)
        select 'cloud', ${mine.channel}, 'unknown_account', '', now(), 'c' from generate_series(1, 250)`,
    );
    await erase(db.database, mine.tenantId);
    const house = eraser();
    await house.settle(mine.tenantId);
    const gone: number[] = [];
    for (;;) {
      const { stage, rowsGone } = await erase(db.database, mine.tenantId);
      if ((await house.round()) === 0) break;
      if (stage === 'letters') gone.push((await erase(db.database, mine.tenantId)).rowsGone - rowsGone);
    }
    // The last ones: the business's own, and that there are none.
    expect(gone).toEqual([100, 100, 50, 1, 0]);
  });

  it('takes letters of nobody for a number that only erased ones have, and leaves them where another one has it too', async () => {
    const third = await createBusiness(db.database, blobs(), { word: 'third', channel: '100000000000003' });
    await db.database.transaction('test.shared', async (tx) => {
      for (const [{ tenantId }, channel] of [
        [other, mine.channel],
        [third, other.channel],
      ] as const)
        await tx`
          insert into whatsapp_accounts (tenant_id, provider, external_id, name)
          values (${tenantId}, 'cloud', ${channel}, 'Shared')`;
      for (const { channel } of [mine, other])
        await tx`
          insert into dead_letters (provider, channel, reason, body, received_at, correlation_id)
          values ('cloud', ${channel}, 'unknown_account', ${Buffer.from(`letter for ${channel}`)}, now(), 'c')`;
    });
    for (const { tenantId } of [mine, other]) await erase(db.database, tenantId);
    await eraser().finish();
    expect(await tablesWith(`letter for ${mine.channel}`)).toEqual([]);
    expect(await tablesWith(`letter for ${other.channel}`)).toEqual(['dead_letters']);
  });

  it('waits ten seconds, and for whoever began before it', async () => {
    await erase(db.database, mine.tenantId);
    await eraser().round(-60_000);
    expect((await erase(db.database, mine.tenantId)).stage).toBe('settle');
    await db.database.transaction('test.before', async (tx) => {
      await tx`insert into tags (tenant_id, name) values (${other.tenantId}, 'began later')`;
      await eraser().settle(mine.tenantId);
    });
    const second = await createBusiness(db.database, blobs(), { word: 'second', channel: '100000000000004' });
    await db.database.transaction('test.before', async (tx) => {
      await tx`insert into tags (tenant_id, name) values (${second.tenantId}, 'began before')`;
      await erase(db.database, second.tenantId);
      await eraser().round();
      expect((await erase(db.database, second.tenantId)).stage).toBe('settle');
    });
    await eraser().finish();
    expect(await tablesWith('began before')).toEqual([]);
    expect(await tablesWith('began later')).toEqual(['tags']);
  });

  it('takes along what comes in at the last moment', async () => {
    await erase(db.database, mine.tenantId);
    await engage(other.userId, mine.tenantId);
    const house = eraser();
    await house.settle(mine.tenantId);
    while ((await erase(db.database, mine.tenantId)).stage !== 'last') await house.round();
    await db.database.run(
      'test.late',
      (sql) => sql`insert into tags (tenant_id, name) values (${mine.tenantId}, 'late')`,
    );
    await house.finish();
    expect(await tablesWith(mine.tenantId)).toEqual(['tenant_erasures']);
    expect(await emails()).toEqual([`marimba@${other.channel}.example`]);
  });
});
