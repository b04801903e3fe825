import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

const README = new URL('../../sql/README.md', import.meta.url);

let db: TestDatabase;
let readme: string;

beforeAll(async () => {
  [db, readme] = await Promise.all([createTestDatabase(), readFile(README, 'utf8')]);
});

afterAll(() => db.drop());

/** First cells of the table rows below a heading, without their backticks. */
function firstCells(heading: string): string[] {
  const [, section = ''] = readme.split(`\n## ${heading}\n`);
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1] ?? row).sort();
}

async function names(kind: 'index' | 'table'): Promise<string[]> {
  const rows = await db.database.run(
    'test.names',
    (sql) => sql<{ name: string }[]>`
      select c.relname as name from pg_class c
      where c.relnamespace = 'public'::regnamespace and not c.relispartition
        and c.relkind = any (${kind === 'index' ? ['i', 'I'] : ['r', 'p']}::text[])
        and (c.relkind in ('r', 'p') or not exists (
          select 1 from pg_index i where i.indexrelid = c.oid and i.indisprimary))
      order by 1`,
  );
  return rows.map((row) => row.name).sort();
}

describe('sql/README.md', () => {
  it('names every table, and none that is not there', async () => {
    expect(firstCells('Tables')).toEqual(await names('table'));
  });

  it('names every index beside the primary keys with the queries it serves, and none that is not there', async () => {
    expect(firstCells('Indexes')).toEqual(await names('index'));
  });

  it('names statements for each index that are really in the code', async () => {
    const [, section = ''] = readme.split('\n## Indexes\n');
    const files = new Set(section.match(/`(?:src|sql)\/[\w./-]+`/g)?.map((path) => path.slice(1, -1)));
    expect(files.size).toBeGreaterThan(10);
    for (const file of files) await readFile(new URL(`../../${file}`, import.meta.url));
  });
});
