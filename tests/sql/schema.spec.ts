import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeSchema } from '../../scripts/schema/describe.mjs';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

const DUMP = new URL('../../sql/schema.sql', import.meta.url);

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});

afterAll(() => db.drop());

it('sql/schema.sql is what the migrations add up to (node scripts/dump-schema.mjs writes it)', async () => {
  const described = await db.database.transaction('test.describe', (tx) => describeSchema(tx));
  expect(described).toBe(await readFile(DUMP, 'utf8'));
});

it('the description notices an index, a column and a right that were added by hand', async () => {
  const before = await db.database.transaction('test.describe', (tx) => describeSchema(tx));
  await db.database.run('test.index', (sql) => sql`create index notes_by_hand on notes (tenant_id, author_id)`);
  await db.database.run('test.column', (sql) => sql`alter table tags add column color text`);
  await db.database.run('test.grant', (sql) => sql`grant delete on tags to hunfly_app`);
  const after = await db.database.transaction('test.describe', (tx) => describeSchema(tx));
  const added = after.split('\n').filter((line) => !before.split('\n').includes(line));
  expect(added.join('\n')).toContain('notes_by_hand');
  expect(added.join('\n')).toContain('color text');
  expect(added.join('\n')).toContain('grant delete, insert, select on tags to hunfly_app');
});
