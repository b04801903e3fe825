import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** What a caller made for itself is looked at last: https://www.postgresql.org/docs/current/sql-createfunction.html */
const PINNED = 'search_path=pg_catalog, public, pg_temp';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

interface Definer {
  readonly name: string;
  readonly settings: readonly string[];
}

const definers = (): Promise<Definer[]> =>
  db.database.run(
    'test.definers',
    (sql) => sql<Definer[]>`
      select p.proname as name, coalesce(p.proconfig, '{}') as settings from pg_proc p
      where p.prosecdef and p.pronamespace = 'public'::regnamespace order by 1`,
  );

const loose = async (): Promise<string[]> =>
  (await definers()).filter(({ settings }) => !settings.includes(PINNED)).map(({ name }) => name);

it('every function that runs as its owner says where it looks for names, and looks at temporary ones last', async () => {
  expect((await definers()).length).toBeGreaterThanOrEqual(8);
  expect(await loose()).toEqual([]);
});

it('finds one that does not (the check above can fail)', async () => {
  await db.database.run(
    'test.loose',
    (sql) => sql`
      create function by_hand() returns int language sql security definer set search_path = public as $$ select 1 $$`,
  );
  expect(await loose()).toEqual(['by_hand']);
});
