import { afterAll, beforeAll, expect, it } from 'vitest';
import { pause } from '../../src/lib/backoff.ts';
import { checkCanary, startCanary } from '../../src/platform/canary.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { waitFor } from '../support/wait.ts';

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

/** With a leaked open transaction in a pool: writes succeed and are gone for everyone else. `checks` counts. */
function leaking({ database }: TestDatabase): Database & { checks: number } {
  const leaky: Database & { checks: number } = {
    ...database,
    checks: 0,
    run: (name, query, options) => {
      if (name !== 'canary.write') return database.run(name, query, options);
      leaky.checks += 1;
      return Promise.resolve(undefined as never);
    },
  };
  return leaky;
}

it('names the pool whose writes are acknowledged but not visible', async () => {
  expect(await checkCanary(leaking(test), 'two')).toEqual(['statement']);
});

it('tells so at once when it is started', async () => {
  const lost: string[] = [];
  const onLost = (pools: readonly string[]): void => void lost.push(...pools);
  const database = leaking(test);
  const stop = startCanary({ database, name: 'three', log: silentLog, onLost });
  expect(database.checks).toBe(1);
  await waitFor(() => lost.length > 0, { what: 'the loss to be told' });
  stop();
  // Before it comes round again.
  expect([lost, database.checks]).toEqual([['statement'], 1]);
});

it('takes what is slow for no loss, however long a check takes', async () => {
  const lost: string[] = [];
  let checks = 0;
  // Each of the two steps takes nearly as long as it may: the next check would be due before this one is done.
  const slow: Database = {
    ...test.database,
    run: async (name, query, options) => {
      await pause(2700);
      const answer = await test.database.run(name, query, options);
      if (name === 'canary.read') checks += 1;
      return answer;
    },
  };
  const onLost = (pools: readonly string[]): void => void lost.push(...pools);
  const stop = startCanary({ database: slow, name: 'four', log: silentLog, onLost });
  await waitFor(() => checks > 0, { what: 'a check to be done' });
  stop();
  expect(lost).toEqual([]);
});

it('is not misled by another process of the same name', async () => {
  const lost: string[] = [];
  const onLost = (pools: readonly string[]): void => void lost.push(...pools);
  const common = { name: 'five', log: silentLog, onLost };
  let read = 0;
  let hasChecked = (): void => undefined;
  const otherChecked = new Promise<void>((resolve) => (hasChecked = resolve));
  /** With `meanwhile` between what is written and what is read. */
  const watched = (meanwhile: () => Promise<void>): Database => ({
    ...test.database,
    run: async (name, query, options) => {
      if (name === 'canary.read') await meanwhile();
      const answer = await test.database.run(name, query, options);
      if (name === 'canary.read') read += 1;
      return answer;
    },
  });
  const stopOne = startCanary({ ...common, database: watched(() => otherChecked) });
  const stopOther = startCanary({ ...common, database: watched(() => Promise.resolve()) });
  await waitFor(() => read === 1, { what: 'the other to have checked' });
  hasChecked();
  await waitFor(() => read === 2, { what: 'the first to have checked' });
  stopOne();
  stopOther();
  expect(lost).toEqual([]);
});
