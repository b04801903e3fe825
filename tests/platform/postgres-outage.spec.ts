import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeadlineError } from '../../src/lib/deadline.ts';
import { classifyDatabaseError } from '../../src/platform/postgres.ts';
import type { Database, Tx } from '../../src/platform/postgres.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import type { TestProxy } from '../support/proxy.ts';
import { waitFor } from '../support/wait.ts';

let test: TestDatabase;
let proxy: TestProxy;
let database: Database;

beforeEach(async () => {
  test = await createTestDatabase({ migrated: false });
  const url = new URL(test.url);
  proxy = await startProxy(Number(url.port));
  url.port = String(proxy.port);
  database = test.open({ url: url.toString(), statementPool: 2, transactionPool: 2 });
  await database.run('test', (sql) => sql`create table things (id int primary key)`);
});
afterEach(async () => {
  await test.drop();
  await proxy.close();
});

const one = (deadlineMs: number): Promise<unknown> => database.run('test', (sql) => sql`select 1`, { deadlineMs });

describe('a database that stops answering', () => {
  it('costs each caller its deadline, not for ever, and is used again when it answers', async () => {
    await one(20_000);
    proxy.freeze();
    await expect(one(200)).rejects.toBeInstanceOf(DeadlineError);
    await expect(
      database.transaction('test', (tx) => tx`insert into things (id) values (1)`, { deadlineMs: 200 }),
    ).rejects.toBeInstanceOf(DeadlineError);
    expect(await database.ping(100)).toBe(false);
    proxy.thaw();
    await waitFor(() => database.ping(1000));
    await database.transaction('test', (tx) => tx`insert into things (id) values (2)`, { deadlineMs: 20_000 });
  });

  it('never has more calls under way than connections, however many wait', async () => {
    proxy.freeze();
    const calls = await Promise.allSettled(Array.from({ length: 50 }, () => one(300)));
    expect(calls.every((call) => call.status === 'rejected')).toBe(true);
    proxy.thaw();
    await waitFor(() => database.ping(1000));
    const [row] = await test.database.run(
      'test',
      (sql) => sql<{ n: number }[]>`select count(*) as n from pg_stat_activity where datname = current_database()`,
    );
    // Two of this pool, two that may still be closing, and the asking one.
    expect(row?.n).toBeLessThanOrEqual(6);
  });
});

describe('a database that falls silent as soon as it has let a connection in', () => {
  it('costs the caller its deadline and is an error of nobody else', async () => {
    // ReadyForQuery, idle: the end of the handshake.
    proxy.freezeAfter(Buffer.from([0x5a, 0, 0, 0, 5, 0x49]));
    const url = new URL(test.url);
    url.port = String(proxy.port);
    const opening = test.open({ url: url.toString(), statementPool: 1 });
    const call = opening.run('test', (sql) => sql`select 1`, { deadlineMs: 500 });
    await expect(call).rejects.toBeInstanceOf(DeadlineError);
    proxy.thaw();
    await waitFor(() => opening.ping(1000));
  });
});

describe('a database that is not there', () => {
  it('is said to be away at once, by a transaction too: nobody waits for a deadline', async () => {
    const nowhere = test.open({ url: 'postgres://nobody@127.0.0.1:1/none' });
    const work = (tx: Tx): Promise<unknown> => tx`select 1`;
    const calls = [
      nowhere.transaction('test', work, { deadlineMs: 20_000 }),
      nowhere.asTenant('00000000-0000-0000-0000-000000000000', 'test', work, { deadlineMs: 20_000 }),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('a connection that breaks in the middle', () => {
  it('of a transaction leaves nothing behind and says that the database is at fault', async () => {
    const breaking = database.transaction('test', async (tx) => {
      await tx`insert into things (id) values (3)`;
      proxy.cut();
      await tx`insert into things (id) values (4)`;
    });
    const verdict = await breaking.then(
      () => 'committed',
      (error: unknown) => classifyDatabaseError(error),
    );
    expect(verdict).toBe('infrastructure');
    expect(await test.database.run('test', (sql) => sql`select id from things`)).toEqual([]);
    await waitFor(() => database.ping(1000));
  });

  it('never lets the rest of the transaction run on another connection', async () => {
    const breaking = database.transaction('test', async (tx) => {
      await tx`insert into things (id) values (5)`;
      await test.database.run(
        'test',
        (sql) => sql`select pg_terminate_backend(pid) from pg_stat_activity
          where state = 'idle in transaction' and datname = current_database()`,
      );
      await Promise.allSettled([
        tx`insert into things (id) values (6)`,
        tx`insert into things (id) values (7)`,
        tx`insert into things (id) values (8)`,
      ]);
      await tx`insert into things (id) values (9)`;
    });
    await expect(breaking).rejects.toThrow();
    await Promise.all([
      database.transaction('test', (tx) => tx`insert into things (id) values (10)`),
      database.transaction('test', (tx) => tx`insert into things (id) values (11)`),
    ]);
    const rows = await test.database.run('test', (sql) => sql<{ id: number }[]>`select id from things order by id`);
    expect(rows.map((row) => row.id)).toEqual([10, 11]);
  });

  it('while its statement runs costs that call only, and the process lives on', async () => {
    const calls = [0, 1].map(() =>
      database
        .transaction('test', (tx) => tx`select pg_sleep(30)`, { deadlineMs: 20_000 })
        .catch(classifyDatabaseError),
    );
    let killedSoFar = 0;
    await waitFor(async () => {
      const killed = await test.database.run(
        'test',
        (sql) => sql`select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(30)%'
          and pid <> pg_backend_pid() and datname = current_database()`,
      );
      killedSoFar += killed.length;
      return killedSoFar === 2;
    });
    expect(await Promise.all(calls)).toEqual(['infrastructure', 'infrastructure']);
    const next = await database.transaction('test', (tx) => tx`select 1 as one`);
    expect(next).toHaveLength(1);
  });

  it('many times over never wedges the pool', async () => {
    for (let round = 0; round < 20; round += 1) {
      const calls = Array.from({ length: 8 }, () => one(20_000).catch(() => undefined));
      proxy.cut();
      await Promise.all(calls);
    }
    await Promise.all(Array.from({ length: 8 }, () => one(20_000)));
  });
});
