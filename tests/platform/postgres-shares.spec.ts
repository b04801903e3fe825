/** What one tenant does with its connections is not felt by another. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseBusyError, type Database, type TransactionOptions, type Tx } from '../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { holding } from '../support/hold.ts';
import { waitFor } from '../support/wait.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => {
  await test.drop();
});

/** As long as a test may take. */
const STUCK = { deadlineMs: 60_000 };

/** A database on which `stuck` calls of a tenant, or of none, take until `release`; all are answered then. */
function withStuck(open: Parameters<TestDatabase['open']>[0], over: TransactionOptions = {}) {
  const own = test.open(open);
  const calls: Promise<unknown>[] = [];
  let begun = 0;
  let end = (): void => undefined;
  const held = new Promise<void>((resolve) => (end = resolve));
  const work = async (tx: Tx): Promise<void> => {
    await tx`select set_config('idle_in_transaction_session_timeout', '0', true)`;
    begun += 1;
    await held;
  };
  return {
    own,
    stuck: (tenant: string | null, count: number): void => {
      for (let n = 0; n < count; n += 1) {
        calls.push(
          tenant === null
            ? own.transaction('stuck', work, STUCK)
            : own.asTenant(tenant, 'stuck', work, { ...STUCK, ...over }),
        );
      }
    },
    /** Resolves when so many of them have a connection. */
    running: async (count: number): Promise<void> => {
      await waitFor(() => begun === count, { what: 'calls to be stuck' });
    },
    release: async (): Promise<void> => {
      end();
      await Promise.all(calls);
    },
  };
}

const one = (from: Database, tenant: string, over: TransactionOptions = {}): Promise<unknown> =>
  from.asTenant(tenant, 'test.one', (tx) => tx`select 1 as one`, { deadlineMs: 20_000, ...over });

describe('a tenant whose calls are stuck', () => {
  it.each([
    ['write', {}],
    ['read', { readOnly: true }],
  ])('has half of the connections, and others are served: calls that %s', async (_what, over) => {
    const { own, stuck, running, release } = withStuck({ tenantPool: 4, tenantReadPool: 4 }, over);
    stuck('noisy', 6);
    await running(2);
    await expect(one(own, 'quiet', over)).resolves.toEqual([{ one: 1 }]);
    await running(2);
    await release();
  });

  it('has half of them also for single statements that are its own', async () => {
    const own = test.open({ statementPool: 4, transactionPool: 1 });
    const key = 7301;
    const running = async (): Promise<boolean> => {
      const [row] = await test.database.run(
        'test.waiting',
        (sql) => sql<{ n: number }[]>`
          select count(*)::int as n from pg_locks where locktype = 'advisory' and objid = ${key} and not granted`,
      );
      return row?.n === 2;
    };
    const stuck: Promise<unknown>[] = [];
    await holding(test.database, async (tx) => {
      await tx`select pg_advisory_xact_lock(${key})`;
      for (let n = 0; n < 6; n += 1) {
        const statement = own.run('stuck', (sql) => sql`select pg_advisory_xact_lock_shared(${key})`, {
          tenantId: 'noisy',
        });
        stuck.push(statement);
      }
      await waitFor(running, { what: 'two of them to run' });
      const options = { tenantId: 'quiet', deadlineMs: 20_000 };
      await expect(own.run('test.one', (sql) => sql`select 1 as one`, options)).resolves.toEqual([{ one: 1 }]);
      expect(await running()).toBe(true);
    });
    await Promise.all(stuck);
  });

  it('leaves a connection also beside another such tenant', async () => {
    const { own, stuck, running, release } = withStuck({ tenantPool: 4 });
    stuck('noisy', 6);
    await running(2);
    stuck('as noisy', 6);
    await running(3);
    await expect(one(own, 'quiet')).resolves.toEqual([{ one: 1 }]);
    await release();
  });

  it('would hold everybody up without shares (control: what is of no tenant has none)', async () => {
    const { own, stuck, running, release } = withStuck({ transactionPool: 4 });
    stuck(null, 4);
    await running(4);
    const late = own.transaction('late', (tx) => tx`select 1`, { deadlineMs: 100 });
    await expect(late).rejects.toBeInstanceOf(DatabaseBusyError);
    await release();
  });
});

describe('tenants that wait for a connection', () => {
  it('are served in turn', async () => {
    const { own, stuck, running, release } = withStuck({ tenantPool: 1 });
    stuck('noisy', 1);
    await running(1);
    const served: string[] = [];
    const tenants = ['noisy', 'noisy', 'noisy', 'quiet', 'other'];
    const all = tenants.map((tenant) => one(own, tenant, { deadlineMs: 30_000 }).then(() => served.push(tenant)));
    await release();
    await Promise.all(all);
    expect(served).toEqual(['noisy', 'quiet', 'other', 'noisy', 'noisy']);
  });

  it('are refused where they are most: not who asks for one, because another asks for many', async () => {
    const { own, stuck, running, release } = withStuck({ tenantPool: 1 });
    stuck('noisy', 1);
    await running(1);
    const options = { deadlineMs: 30_000 };
    const many = Promise.allSettled(Array.from({ length: 100 }, () => one(own, 'noisy', options)));
    const few = ['quiet', 'other'].map((tenant) => one(own, tenant, options));
    await release();
    await Promise.all(few);
    const refused = (await many).filter((result) => result.status === 'rejected');
    expect(refused.map(({ reason }) => reason as unknown)).toEqual([
      expect.any(DatabaseBusyError),
      expect.any(DatabaseBusyError),
    ]);
  });
});

describe('tenants whose calls wait for what somebody else holds', () => {
  /** Holds an advisory lock until `release`. */
  async function holdLock(key: number) {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    let hold: Promise<void> | undefined;
    await new Promise<void>((resolve) => {
      hold = holding(test.database, async (tx) => {
        await tx`select pg_advisory_xact_lock(${key})`;
        resolve();
        await ended;
      });
    });
    return {
      release: async (): Promise<void> => {
        end();
        await hold;
      },
    };
  }

  const locking = (from: Database, tenant: string, key: number, deadlineMs = 30_000): Promise<unknown> =>
    from.asTenant(
      tenant,
      'test.lock',
      async (tx) => {
        await tx`select pg_advisory_xact_lock_shared(${key})`;
        await tx`insert into was_done (tenant) values (${tenant})`;
      },
      { deadlineMs },
    );

  beforeAll(async () => {
    await test.database.run('test.table', (sql) => sql`create table was_done (tenant text)`);
    await test.database.run('test.grant', (sql) => sql`grant insert on was_done to hunfly_app`);
  });

  it('keep nobody else waiting, however many they are, and are all served once it is free', async () => {
    const own = test.open({ tenantPool: 4 });
    const held = await holdLock(101);
    const tenants = ['noisy', 'as noisy', 'also noisy'].flatMap((tenant) => Array.from({ length: 6 }, () => tenant));
    const waiting = tenants.map((tenant) => locking(own, tenant, 101));
    for (let n = 0; n < 5; n += 1) await expect(one(own, 'quiet')).resolves.toEqual([{ one: 1 }]);
    await held.release();
    await Promise.all(waiting);
    const done = await test.database.run('test.done', (sql) => sql<{ tenant: string }[]>`select tenant from was_done`);
    expect(done.map(({ tenant }) => tenant).toSorted()).toEqual(tenants.toSorted());
  });

  it('are refused within their time, and keep the connection for the next', async () => {
    const own = test.open({ tenantPool: 1 });
    const pid = (): Promise<unknown> => own.asTenant('t', 'test.pid', (tx) => tx`select pg_backend_pid() as pid`);
    const before = await pid();
    const held = await holdLock(102);
    await expect(locking(own, 't', 102, 2000)).rejects.toMatchObject({ code: '55P03' });
    expect(await pid()).toEqual(before);
    await held.release();
  });
});
