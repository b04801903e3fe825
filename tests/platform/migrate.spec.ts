import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { migrate, MigrationError } from '../../src/platform/migrate.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { testRunDir } from '../support/environment.ts';
import { holding } from '../support/hold.ts';
import { silentLog } from '../support/log.ts';
import { waitFor } from '../support/wait.ts';

let test: TestDatabase;
let directory: string;

beforeEach(async () => {
  test = await createTestDatabase({ migrated: false });
  directory = await mkdtemp(join(testRunDir(), 'migrations-'));
  await writeFile(join(directory, '0001_one.sql'), 'create table one (id int);\ninsert into one values (1);');
  await writeFile(
    join(directory, '0002_two.sql'),
    "select pg_sleep(0.2);\ncreate table two (id int);\ncomment on table two is 'a; b';",
  );
});

afterEach(async () => {
  await test.drop();
  await rm(directory, { recursive: true });
});

const run = (): Promise<readonly string[]> => migrate({ url: test.url, directory, log: silentLog });

async function isAnybodyWaiting(): Promise<boolean> {
  const rows = await test.database.run('test.waits', (sql) => sql`select from pg_locks where not granted`);
  return rows.length > 0;
}

it('applies every file once, in order', async () => {
  expect(await run()).toEqual(['0001_one.sql', '0002_two.sql']);
  expect(await run()).toEqual([]);
  await writeFile(join(directory, '0003_three.sql'), 'alter table two add label text;');
  expect(await run()).toEqual(['0003_three.sql']);
});

it('applies every file once when several processes start together', async () => {
  const all = await Promise.all([run(), run(), run()]);
  expect(all.flat().sort()).toEqual(['0001_one.sql', '0002_two.sql']);
  const rows = await test.database.run('test', (sql) => sql`select * from one`);
  expect(rows).toHaveLength(1);
});

it('refuses a file that was changed after it had been applied', async () => {
  await run();
  await writeFile(join(directory, '0001_one.sql'), 'create table one (id int8);');
  await expect(run()).rejects.toThrow('0001_one.sql was changed');
});

it('rolls a failing file back and keeps those before it', async () => {
  await writeFile(join(directory, '0002_two.sql'), 'create table two (id int);\nselect nonsense;');
  await expect(run()).rejects.toThrow('0002_two.sql failed and was rolled back');
  const tables = await test.database.run(
    'test',
    (sql) => sql<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  );
  expect(tables.map((table) => table.name)).toContain('one');
  expect(tables.map((table) => table.name)).not.toContain('two');
  await writeFile(join(directory, '0002_two.sql'), 'create table two (id int);');
  expect(await run()).toEqual(['0002_two.sql']);
});

it('holds up nobody for long while another holds what a file wants to lock', async () => {
  await run();
  await writeFile(join(directory, '0003_three.sql'), 'alter table one add label text;');
  let applied: Promise<readonly string[]> | undefined;
  await holding(test.database, async (tx) => {
    await tx`select from one`;
    applied = run();
    await waitFor(isAnybodyWaiting, { what: 'the migration waiting' });
    expect(await test.database.run('test.read', (sql) => sql`select id from one`)).toHaveLength(1);
  });
  await expect(applied).resolves.toEqual(['0003_three.sql']);
});

it('says what could not be had within its deadline', async () => {
  await run();
  await writeFile(join(directory, '0003_three.sql'), 'alter table one add label text;');
  await holding(test.database, async (tx) => {
    await tx`select from one`;
    const short = migrate({ url: test.url, directory, log: silentLog, deadlineMs: 6_000 });
    await expect(short).rejects.toThrow('0003_three.sql failed and was rolled back: canceling statement due to lock');
  });
});

it('refuses gaps and names that do not fit', async () => {
  await writeFile(join(directory, '0004_four.sql'), 'select 1;');
  await expect(run()).rejects.toBeInstanceOf(MigrationError);
  await rm(join(directory, '0004_four.sql'));
  await writeFile(join(directory, 'extra.sql'), 'select 1;');
  await expect(run()).rejects.toThrow('extra.sql');
});

it('leaves alone what a newer release has applied', async () => {
  await writeFile(join(directory, '0003_three.sql'), 'create table three (id int);');
  await run();
  await rm(join(directory, '0003_three.sql'));
  expect(await run()).toEqual([]);
});
