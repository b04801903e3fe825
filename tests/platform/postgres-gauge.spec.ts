import { afterAll, beforeAll, expect, it } from 'vitest';
import { metrics } from '../../src/platform/metrics.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => {
  await test.drop();
});

it('the databases of one process share a gauge: it tells the connections of all', async () => {
  const [one, other] = [test.open({ metrics }), test.open({ metrics })];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const working = one.transaction('held', async (tx) => {
    await tx`select 1`;
    await held;
  });
  await one.run('told', (sql) => sql`select 1`);
  await other.run('told', (sql) => sql`select 1`);
  const told = async (): Promise<unknown> =>
    Object.fromEntries(
      (await metrics.dbPoolConnections.get()).values.map(({ labels, value }) => [labels.state, value]),
    );
  expect(await told()).toEqual({ active: 1, idle: 2, waiting: 0 });
  release();
  await working;
  expect(await told()).toEqual({ active: 0, idle: 3, waiting: 0 });
});
