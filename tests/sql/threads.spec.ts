import { cp, mkdtemp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/platform/migrate.ts';
import type { AnySql } from '../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRunDir } from '../support/environment.ts';
import { silentLog } from '../support/log.ts';

const MIGRATIONS = fileURLToPath(new URL('../../sql/migrations', import.meta.url));

/** What each message changes in its thread; `last_activity_at` and `unread_count` by way of generated columns only. */
const MOVED = ['last_activity_at', 'last_message_id', 'last_position', 'unread_count', 'version', 'window_expires_at'];

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

/** Columns that indexes of threads name, as keys, in expressions or in conditions. */
async function indexed(sql: AnySql): Promise<string[]> {
  const rows = await sql<{ column: string }[]>`
    with named as (
      select d.refobjsubid as number from pg_depend d join pg_index i on i.indexrelid = d.objid
      where d.refobjid = 'threads'::regclass and d.refobjsubid > 0
      union select unnest(i.indkey) from pg_index i where i.indrelid = 'threads'::regclass
    )
    select a.attname as column from named join pg_attribute a on a.attrelid = 'threads'::regclass and a.attnum = number`;
  return rows.map(({ column }) => column);
}

describe('a second message within ten seconds', () => {
  it('writes no index of its thread (a heap-only update): none names what it changes', async () => {
    const columns = await db.database.run('test.indexed', indexed);
    expect(columns).toEqual(expect.arrayContaining(['activity_slot', 'has_unread', 'status', 'id']));
    expect(columns.filter((column) => MOVED.includes(column))).toEqual([]);
  });

  it.each([
    ['as a key', (sql: AnySql) => sql`create index on threads (tenant_id, last_activity_at)`, 'last_activity_at'],
    ['in a condition', (sql: AnySql) => sql`create index on threads (id) where unread_count > 0`, 'unread_count'],
    ['in an expression', (sql: AnySql) => sql`create index on threads ((version % 2))`, 'version'],
  ])('would write an index that names it %s (the check above can fail)', async (_where, createIndex, column) => {
    const rolledBack = new Error('the index is not kept');
    const trying = db.database.transaction('test.indexed', async (tx) => {
      await createIndex(tx);
      expect((await indexed(tx)).filter((name) => MOVED.includes(name))).toEqual([column]);
      throw rolledBack;
    });
    await expect(trying).rejects.toBe(rolledBack);
  });
});

/** The migrations before 0057. */
async function migrationsBefore(): Promise<string> {
  const directory = await mkdtemp(join(testRunDir(), 'migrations-'));
  await cp(MIGRATIONS, directory, {
    recursive: true,
    filter: (path) => !(basename(path) >= '0057' && path.endsWith('.sql')),
  });
  return directory;
}

describe('threads that were there before there were slots', () => {
  it('are counted at once, so that a plan knows how few are unread: autovacuum may come days later', async () => {
    const older = await createTestDatabase({ migrated: false });
    const upTo = (directory: string): Promise<readonly string[]> =>
      migrate({ url: older.url, directory, log: silentLog });
    try {
      await upTo(await migrationsBefore());
      await older.database.transaction('test.threads', async (tx) => {
        await tx`alter table threads set (autovacuum_enabled = off)`;
        await tx`
          with shop as (insert into tenants (slug, name) values ('shop', 'Shop') returning id),
            number as (
              insert into whatsapp_accounts (tenant_id, provider, external_id, name)
              select id, 'cloud', '1', 'Number' from shop returning tenant_id, id
            ),
            customers as (
              insert into contacts (tenant_id, display_name) select id, 'Customer' from shop, generate_series(1, 100)
              returning tenant_id, id
            )
          insert into threads (tenant_id, account_id, contact_id, reply_type, reply_value, last_activity_at)
          select c.tenant_id, n.id, c.id, 'wa_id', '1', now() from customers c, number n`;
      });
      expect(await upTo(MIGRATIONS)).toContain('0057_list_by_slot.sql');
      const known = await older.database.run(
        'test.known',
        (sql) => sql`
          select attname from pg_stats
          where tablename = 'threads' and attname in ('activity_slot', 'has_unread') order by attname`,
      );
      expect(known).toEqual([{ attname: 'activity_slot' }, { attname: 'has_unread' }]);
    } finally {
      await older.drop();
    }
  });
});

describe('a thread that a merge has folded', () => {
  it('gets back every column but the generated ones', async () => {
    const rows = await db.database.run(
      'test.columns',
      (sql) => sql<{ all: string[]; given: string[] }[]>`
        select array(select attname::text from pg_attribute
            where attrelid = 'threads'::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by 1) as all,
          array(select column_name from regexp_split_to_table(substring(
              pg_get_functiondef('unfold_thread'::regproc) from 'insert into threads \\(([^)]+)'), ',\\s*') column_name order by 1) as given`,
    );
    expect(rows[0]?.given).toEqual(rows[0]?.all);
  });
});
