/** A row that is written while its partition is being made finds its place. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classifyDatabaseError, type Tx } from '../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { holding } from '../support/hold.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase({ migrated: false });
  await db.database.transaction('test.table', async (tx) => {
    await tx`create table days (n int not null check (n < 100)) partition by range (n)`;
    await tx`create table days_default partition of days default`;
  });
});
afterAll(() => db.drop());

async function someoneWaits(): Promise<boolean> {
  const rows = await db.database.run(
    'test.waiting',
    (sql) => sql`select 1 from pg_locks where not granted and relation = 'days_default'::regclass`,
  );
  return rows.length > 0;
}

describe('a partition that is made while rows wait for it', () => {
  it('takes them: the transaction is repeated', async () => {
    let tries = 0;
    let writing: Promise<void> = Promise.resolve();
    await holding(db.database, async (tx) => {
      await tx`create table days_ten (like days including all)`;
      await tx`lock table days in share update exclusive mode`;
      await tx`lock table days_default in access exclusive mode`;
      writing = db.open().transaction('test.write', async (other: Tx) => {
        tries += 1;
        await other`insert into days values (15)`;
      });
      await waitFor(someoneWaits, { what: 'the writer to wait' });
      await tx`alter table days attach partition days_ten for values from (10) to (20)`;
    });
    await writing;
    expect(tries).toBe(2);
    expect(await db.database.run('test.read', (sql) => sql`select n from only days_ten`)).toEqual([{ n: 15 }]);
  });

  it('is not taken for a row that breaks a rule of the table, which is never tried again', async () => {
    const error = await db.database
      .transaction('test.wrong', (tx) => tx`insert into days values (150)`)
      .catch((refused: unknown) => refused);
    expect(classifyDatabaseError(error)).toBe('data');
  });
});
