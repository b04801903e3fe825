import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkCanary } from '../../src/platform/canary.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => {
  await test.drop();
});

it('finds nothing wrong with pools that commit', async () => {
  expect(await checkCanary(test.database, 'one')).toEqual([]);
  expect(await checkCanary(test.database, 'one')).toEqual([]);
});

it('names the pool whose writes are acknowledged but not visible', async () => {
  const { database } = test;
  // A pool with a leaked open transaction: writes succeed and are gone for everyone else.
  const leaking: Database = {
    ...database,
    run: (name, query, options) =>
      name === 'canary.write' ? Promise.resolve(undefined as never) : database.run(name, query, options),
  };
  expect(await checkCanary(leaking, 'two')).toEqual(['statement']);
});
