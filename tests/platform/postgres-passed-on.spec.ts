import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classifyDatabaseError } from '../../src/platform/postgres.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { holding } from '../support/hold.ts';
import { waitFor } from '../support/wait.ts';

let test: TestDatabase;
let database: Database;

/** Commits of this table wait for the lock 23; 666 is refused by its commit. */
beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  await database.run('test', (sql) => sql`create table slow (id int primary key)`);
  await database.run('test', (sql) => sql`grant select, insert on slow to public`);
  await database.run(
    'test',
    (sql) => sql`create function wait_at_commit() returns trigger language plpgsql set lock_timeout = '1min' as $$
      begin
        perform pg_advisory_xact_lock_shared(23);
        if new.id = 666 then raise unique_violation; end if;
        return null;
      end $$`,
  );
  await database.run(
    'test',
    (sql) => sql`create constraint trigger wait_at_commit after insert on slow
      deferrable initially deferred for each row execute function wait_at_commit()`,
  );
});

afterAll(async () => {
  await test.drop();
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'resolved',
    (error: unknown) => classifyDatabaseError(error),
  );
}

describe('a connection that others wait for', () => {
  /** Two transactions on one connection; the second begins while the first one's commit is held up. */
  async function oneBehindAnother(first: number, second: number): Promise<string[]> {
    const own = test.open({ tenantPool: 1 });
    let begun = 0;
    const insert = (id: number): Promise<string> =>
      codeOf(
        own.asTenant(randomUUID(), 'test', async (tx) => {
          begun += 1;
          await tx`insert into slow (id) values (${id})`;
        }),
      );
    const both = await holding(database, async (held) => {
      await held`select pg_advisory_xact_lock(23)`;
      const inserted = Promise.all([insert(first), insert(second)]);
      await waitFor(() => begun === 2);
      return { inserted };
    });
    return await both.inserted;
  }

  async function countSlow(): Promise<unknown> {
    const [row] = await database.run('test', (sql) => sql`select count(*) as n from slow`);
    return row?.['n'];
  }

  it('begins the next transaction behind a commit that is not answered yet', async () => {
    expect(await oneBehindAnother(1, 2)).toEqual(['resolved', 'resolved']);
    expect(await countSlow()).toBe(2);
  });

  it('keeps what the next one commits, though the commit before it was refused', async () => {
    expect(await oneBehindAnother(666, 3)).toEqual(['conflict', 'resolved']);
    expect(await countSlow()).toBe(3);
  });

  it('keeps what was committed, though the next one fails', async () => {
    expect(await oneBehindAnother(4, 4)).toEqual(['resolved', 'conflict']);
    expect(await countSlow()).toBe(4);
  });

  it('is lost to the next one when the commit before it is not answered in time, and that one may repeat', async () => {
    const own = test.open({ tenantPool: 1 });
    // The second one only gets to it if the first one has it in time.
    await own.asTenant(randomUUID(), 'test', (tx) => tx`select 1`);
    let begun = 0;
    const insert = (id: number, deadlineMs: number): Promise<string> =>
      codeOf(
        own.asTenant(
          randomUUID(),
          'test',
          async (tx) => {
            begun += 1;
            await tx`insert into slow (id) values (${id})`;
          },
          { deadlineMs },
        ),
      );
    await holding(database, async (held) => {
      await held`select pg_advisory_xact_lock(23)`;
      const both = [insert(7, 1000), insert(8, 60_000)];
      await waitFor(() => begun === 2);
      expect(await Promise.all(both)).toEqual(['infrastructure', 'infrastructure']);
    });
    expect(await insert(8, 20_000)).toBe('resolved');
  });
});
