import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { cutDefinitions } from '../../scripts/schema/definitions.mjs';
import { describeSchema } from '../../scripts/schema/describe.mjs';
import type { Tx } from '../../src/platform/postgres.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

const SQL = join(ROOT, 'sql');
const FILES = ['functions', 'views'].flatMap((folder) =>
  readdirSync(join(SQL, folder)).map((file) => `${folder}/${file}`),
);

/** Two looks at the whole schema and a hundred files take seconds where others are at work. */
const RUN_DEADLINE_MS = 60_000;

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});

afterEach(() => db.drop());

const cut = (): Promise<Map<string, string>> =>
  db.database.transaction('test.cut', (tx) => cutDefinitions(tx, join(SQL, 'migrations')));

/** The whole schema, and every function and view with its text. */
async function shape(tx: Tx): Promise<string> {
  const rows = await tx<{ text: string }[]>`
    select pg_get_functiondef(p.oid) as text from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
    union all
    select c.relname || pg_get_viewdef(c.oid) from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
    order by 1`;
  return [await describeSchema(tx), ...rows.map(({ text }) => text)].join('\n');
}

/** Before and after all files were run. */
async function shapes(): Promise<readonly [string, string]> {
  const run = async (tx: Tx): Promise<readonly [string, string]> => {
    const before = await shape(tx);
    for (const file of FILES) await tx.file(join(SQL, file));
    return [before, await shape(tx)];
  };
  return await db.database.transaction('test.run-files', run, { deadlineMs: RUN_DEADLINE_MS });
}

describe('sql/functions and sql/views', () => {
  it('have a file for each function and view, cut from its newest migration (node scripts/dump-schema.mjs writes them)', async () => {
    const files = FILES.map((file) => [file, readFileSync(join(SQL, file), 'utf8')] as const);
    expect(new Map(files)).toEqual(await cut());
    expect(files.length).toBeGreaterThan(70);
  });

  it('say what the database has: running them all changes nothing', async () => {
    const [before, after] = await shapes();
    expect(after).toBe(before);
  });

  it('are found out when a function or its settings are other than they say (the comparison above can fail)', async () => {
    await db.database.run(
      'test.body',
      (sql) => sql`
        create or replace function like_escape(q text) returns text language sql immutable parallel safe as $$ select q $$`,
    );
    await db.database.run('test.setting', (sql) => sql`alter function log_changes(change[]) rows 30`);
    const [before, after] = (await shapes()).map((text) => text.split('\n'));
    const undone = before?.filter((line) => after?.includes(line) === false).join('\n');
    expect(undone).toContain('select q ');
    expect(undone).toContain('ROWS 30');
  });

  it('are refused where a new version stands beside the old one, with other arguments', async () => {
    await db.database.run(
      'test.overload',
      (sql) => sql`create function like_escape(q text, by text) returns text language sql as $$ select q || by $$`,
    );
    await expect(cut()).rejects.toThrow('There are several of sql/functions/like_escape.sql');
  });

  it('are refused where no migration writes a definition down whole', async () => {
    await db.database.run('test.by-hand', (sql) => sql`create view by_hand as select 1 as one`);
    await expect(cut()).rejects.toThrow('No migration writes down whole what sql/views/by_hand.sql would hold');
  });
});
