import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeadlineError } from '../../src/lib/deadline.ts';
import { classifyDatabaseError, DatabaseBusyError } from '../../src/platform/postgres.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  await database.run('test', (sql) => sql`create table things (id int primary key, label text, big int8)`);
  await database.run('test', (sql) => sql`grant select on things to public`);
});

afterAll(async () => {
  await test.drop();
});

async function countThings(from: number): Promise<number> {
  const [row] = await test.database.run(
    'test',
    (sql) => sql<{ n: number }[]>`select count(*) as n from things where id >= ${from} and id < ${from + 10_000}`,
  );
  return row?.n ?? -1;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'resolved',
    (error: unknown) => classifyDatabaseError(error),
  );
}

describe('a transaction', () => {
  it('begun while hundreds of statements are under way loses none of their writes', async () => {
    const busy = test.open({ statementPool: 2, transactionPool: 2 });
    const writes = Array.from({ length: 150 }, (_, index) => index);
    await Promise.all(
      writes.flatMap((index) => [
        busy.run('test', (sql) => sql`insert into things (id) values (${10_000 + index})`),
        busy.transaction('test', (tx) => tx`insert into things (id) values (${12_000 + index})`),
      ]),
    );
    expect(await countThings(10_000)).toBe(300);
  });

  it('commits all of its statements or none', async () => {
    const failing = database.transaction('test', async (tx) => {
      await tx`insert into things (id) values (20001)`;
      await tx`insert into things (id) values (20001)`;
    });
    expect(await codeOf(failing)).toBe('conflict');
    expect(await countThings(20_000)).toBe(0);
  });

  it('is repeated after a deadlock, and both sides commit', async () => {
    await database.run('test', (sql) => sql`insert into things (id, big) values (30001, 0), (30002, 0)`);
    let met = 0;
    let tries = 0;
    const crossing = (first: number, second: number): Promise<void> =>
      database.transaction('test', async (tx) => {
        tries += 1;
        await tx`update things set big = big + 1 where id = ${first}`;
        met += 1;
        if (tries <= 2) await waitFor(() => met >= 2);
        await tx`update things set big = big + 1 where id = ${second}`;
      });
    await Promise.all([crossing(30_001, 30_002), crossing(30_002, 30_001)]);
    const rows = await database.run('test', (sql) => sql`select big from things where id in (30001, 30002)`);
    expect(rows.map((row) => row['big'] as unknown)).toEqual([2, 2]);
    expect(tries).toBeGreaterThan(2);
  });

  it('in which a statement failed cannot be committed by overlooking it', async () => {
    const careless = database.transaction('test', async (tx) => {
      await tx`insert into things (id) values (21001)`;
      await tx`select 1 / 0`.catch(() => undefined);
    });
    await expect(careless).rejects.toThrow('rolled back');
    expect(await countThings(20_000)).toBe(0);
  });

  it('refuses statements that come after its end', async () => {
    const leaked = await database.transaction('test', (tx) => Promise.resolve({ tx }));
    expect(() => leaked.tx`select 1`).toThrow('over');
  });

  it('rolls back when its work throws, and the connection stays good', async () => {
    const own = test.open({ transactionPool: 1, applicationName: 'kept' });
    const pid = async (): Promise<unknown> =>
      await own.transaction('test', async (tx) => (await tx`select pg_backend_pid() as pid`)[0]);
    const before = await pid();
    const refused = own.transaction('test', async (tx) => {
      await tx`insert into things (id) values (22001)`;
      throw new Error('not allowed');
    });
    await expect(refused).rejects.toThrow('not allowed');
    await expect(own.transaction('test', (tx) => tx`select ${undefined as never}`)).rejects.toThrow('UNDEFINED_VALUE');
    expect(await pid()).toEqual(before);
    expect(await countThings(20_000)).toBe(0);
  });

  it('that is read only refuses to write', async () => {
    const writing = database.transaction('test', (tx) => tx`insert into things (id) values (40001)`, {
      readOnly: true,
    });
    await expect(writing).rejects.toMatchObject({ code: '25006' });
  });
});

describe('a tenant transaction', () => {
  it('runs as hunfly_app with the tenant set, for this transaction only', async () => {
    const seen = await database.asTenant('0190-tenant', 'test', async (tx) => {
      const [row] = await tx`select current_user::text as role, current_setting('app.tenant_id') as tenant`;
      return row;
    });
    expect(seen).toEqual({ role: 'hunfly_app', tenant: '0190-tenant' });
    const tenants = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        database.asTenant(`t${String(index)}`, 'test', async (tx) => {
          const [row] = await tx<{ tenant: string }[]>`select current_setting('app.tenant_id') as tenant`;
          return row?.tenant;
        }),
      ),
    );
    expect(tenants).toEqual(Array.from({ length: 40 }, (_, index) => `t${String(index)}`));
  });

  it('that writes does not wait for those that read', async () => {
    const own = test.open({ tenantPool: 1, tenantReadPool: 1 });
    let hasBegun = (): void => undefined;
    const begun = new Promise<void>((resolve) => (hasBegun = resolve));
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const reading = own.asTenant(
      't',
      'test',
      async (tx) => {
        await tx`select 1`;
        hasBegun();
        await held;
        return await tx`select 2 as two`;
      },
      { readOnly: true },
    );
    await begun;
    await expect(own.asTenant('t', 'test', (tx) => tx`select 1 as one`)).resolves.toEqual([{ one: 1 }]);
    release();
    await expect(reading).resolves.toEqual([{ two: 2 }]);
  });

  it('may not do what hunfly_app may not do', async () => {
    const writing = database.asTenant('t', 'test', (tx) => tx`insert into things (id) values (50001)`);
    await expect(writing).rejects.toMatchObject({ code: '42501' });
  });
});

describe('a deadline', () => {
  it('ends the wait for a statement, and the pool works on with fresh connections', async () => {
    const own = test.open({ statementPool: 1 });
    const slow = own.run('slow', (sql) => sql`select pg_sleep(60)`, { deadlineMs: 100 });
    await expect(slow).rejects.toBeInstanceOf(DeadlineError);
    const [row] = await own.run('test', (sql) => sql`select 1 as one`);
    expect(row).toEqual({ one: 1 });
  });

  it('also ends on the server what it gave up', async () => {
    const own = test.open({ statementPool: 1, applicationName: 'given-up' });
    await expect(own.run('slow', (sql) => sql`select pg_sleep(60)`, { deadlineMs: 100 })).rejects.toThrow('slow');
    await waitFor(
      async () => {
        const running = await database.run(
          'test',
          (sql) => sql`select 1 from pg_stat_activity where application_name = 'given-up' and state = 'active'`,
        );
        return running.length === 0;
      },
      { what: 'the server stopped the statement' },
    );
  });

  it('counts the wait for a connection, and then says that nothing was sent', async () => {
    const own = test.open({ statementPool: 1 });
    const holding = own.run('hold', (sql) => sql`select pg_sleep(0.5)`);
    await expect(own.run('late', (sql) => sql`select 1`, { deadlineMs: 50 })).rejects.toBeInstanceOf(DatabaseBusyError);
    await holding;
  });

  it('of a transaction frees its slot for those that wait', async () => {
    const own = test.open({ transactionPool: 1 });
    const stuck = own.transaction('stuck', () => new Promise<never>(() => undefined), { deadlineMs: 100 });
    const next = own.transaction('next', (tx) => tx`select 1 as one`, { deadlineMs: 20_000 });
    await expect(stuck).rejects.toBeInstanceOf(DeadlineError);
    expect(await next).toHaveLength(1);
  });
});

describe('a pool', () => {
  it('refuses when too many already wait', async () => {
    const own = test.open({ statementPool: 1 });
    const calls = Array.from({ length: 140 }, () =>
      own.run('test', (sql) => sql`select pg_sleep(0.001)`, { deadlineMs: 30_000 }),
    );
    const results = await Promise.allSettled(calls);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(39);
    expect(refused.every((result) => result.reason instanceof DatabaseBusyError)).toBe(true);
  });

  it('recovers after its connections were killed', async () => {
    const own = test.open({ statementPool: 2, applicationName: 'to-be-killed' });
    await own.run('test', (sql) => sql`select 1`);
    await database.run(
      'test',
      (sql) => sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'to-be-killed' and datname = current_database()`,
    );
    await waitFor(() => own.ping(1000));
    expect(await own.run('test', (sql) => sql`select 1 as one`)).toHaveLength(1);
  });
});

describe('values', () => {
  it('come back as numbers, dates and parsed JSON', async () => {
    const [row] = await database.run(
      'test',
      (sql) =>
        sql`select 9007199254740991::int8 as big, '2026-01-02T03:04:05.678Z'::timestamptz as at, '{"a":[1]}'::jsonb as doc`,
    );
    expect(row).toEqual({ big: 9_007_199_254_740_991, at: new Date('2026-01-02T03:04:05.678Z'), doc: { a: [1] } });
  });

  it('go in as int8, arrays and JSON', async () => {
    const [row] = await database.run(
      'test',
      (sql) =>
        sql`select ${7_000_000_000}::int8 as big, ${['a', 'b']}::text[] as list, ${sql.json({ a: 1 })}::jsonb as doc`,
    );
    expect(row).toEqual({ big: 7_000_000_000, list: ['a', 'b'], doc: { a: 1 } });
  });
});

describe('the ingest planner settings', () => {
  it('hold on ingest connections only', async () => {
    const ingest = test.open({ ingest: true });
    const show = (from: Database): Promise<unknown> =>
      from.run(
        'test',
        (sql) => sql`select current_setting('enable_seqscan') as seq, current_setting('enable_hashjoin') as hash`,
      );
    expect(await show(ingest)).toEqual([{ seq: 'off', hash: 'off' }]);
    expect(await show(database)).toEqual([{ seq: 'on', hash: 'on' }]);
  });
});

describe('errors', () => {
  it('are told apart by what to do about them', async () => {
    expect(await codeOf(database.run('test', (sql) => sql`select 1 / 0`))).toBe('data');
    expect(await codeOf(database.run('test', (sql) => sql`select ${'\u0000'}::text`))).toBe('data');
    expect(await codeOf(database.run('test', (sql) => sql`select * from nowhere`))).toBe('data');
    expect(await codeOf(database.run('test', (sql) => sql`select ${undefined as unknown as string}`))).toBe('data');
    const away = test.open({ url: 'postgres://nobody@127.0.0.1:1/none' });
    expect(await codeOf(away.run('test', (sql) => sql`select 1`))).toBe('infrastructure');
    expect(await away.ping(500)).toBe(false);
  });

  it('of unknown origin are the input’s fault, of the network never', () => {
    const withCode = (code: string): Error => Object.assign(new Error('x'), { code });
    expect(classifyDatabaseError(new TypeError('x'))).toBe('data');
    for (const code of [
      '08006',
      '53300',
      '55P03',
      '57P01',
      '57014',
      'CONNECTION_CLOSED',
      'CONNECT_TIMEOUT',
      'ECONNRESET',
      'EPIPE',
    ]) {
      expect(classifyDatabaseError(withCode(code)), code).toBe('infrastructure');
    }
    for (const code of ['40001', '40P01']) expect(classifyDatabaseError(withCode(code)), code).toBe('retry');
    for (const code of ['22021', '22P05', '23502', '42703', '0A000']) {
      expect(classifyDatabaseError(withCode(code)), code).toBe('data');
    }
  });
});

describe('a list', () => {
  it.each([
    ['text', ['a', 'b,c', 'q"uo\\te', '{x}', '', 'NULL', 'ü', 'two\nlines']],
    ['uuid', ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002']],
    ['bigint', [1, 9_007_199_254_740_991]],
    ['text', []],
  ] as const)('of %s goes to the database and comes back as it was', async (type, items) => {
    const [row] = await database.run('test', (sql) => {
      if (type === 'uuid') return sql`select ${items as readonly string[]}::uuid[] as list`;
      if (type === 'bigint') return sql`select ${items as readonly number[]}::bigint[] as list`;
      return sql`select ${items as readonly string[]}::text[] as list`;
    });
    expect(row?.['list']).toEqual(items);
  });
});
