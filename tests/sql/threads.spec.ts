import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnySql } from '../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

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
