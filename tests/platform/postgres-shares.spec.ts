/** What one tenant does with its connections is not felt by another. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseBusyError, type Database, type TransactionOptions, type Tx } from '../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => {
  await test.drop();
});

let locks = 100;

/** A database on which `stuck` calls of a tenant, or of none, wait until `release`; all are answered then. */
async function withStuck(open: Parameters<TestDatabase['open']>[0], over: TransactionOptions = {}) {
  const key = (locks += 1);
  const own = test.open({ applicationName: `shares-${String(key)}`, ...open });
  const calls: Promise<unknown>[] = [];
  let end = (): void => undefined;
  const held = new Promise<void>((resolve) => (end = resolve));
  let locked = (): void => undefined;
  const isHeld = new Promise<void>((resolve) => (locked = resolve));
  const holding = test.open().transaction('test.hold', async (tx) => {
    await tx`select pg_advisory_xact_lock(${key})`;
    locked();
    await held;
  });
  await isHeld;
  return {
    own,
    stuck: (tenant: string | null, count: number): void => {
      const work = async (tx: Tx): Promise<unknown> => tx`select pg_advisory_xact_lock_shared(${key})`;
      for (let n = 0; n < count; n += 1) {
        calls.push(tenant === null ? own.transaction('stuck', work) : own.asTenant(tenant, 'stuck', work, over));
      }
    },
    /** Resolves when so many of them have a connection. */
    running: async (count: number): Promise<void> => {
      await waitFor(async () => (await waitingForLock(`shares-${String(key)}`)) === count, {
        what: 'calls to be stuck',
      });
    },
    release: async (): Promise<void> => {
      end();
      await holding;
      await Promise.all(calls);
    },
  };
}

async function waitingForLock(application: string): Promise<number> {
  const rows = await test.database.run(
    'test.stuck',
    (sql) => sql`select 1 from pg_stat_activity where application_name = ${application} and wait_event_type = 'Lock'`,
  );
  return rows.length;
}

const one = (from: Database, tenant: string, over: TransactionOptions = {}): Promise<unknown> =>
  from.asTenant(tenant, 'test.one', (tx) => tx`select 1 as one`, { deadlineMs: 3000, ...over });

describe('a tenant whose calls are stuck', () => {
  it.each([
    ['write', {}],
    ['read', { readOnly: true }],
  ])('has half of the connections, and others are served: calls that %s', async (_what, over) => {
    const { own, stuck, running, release } = await withStuck({ tenantPool: 4, tenantReadPool: 4 }, over);
    stuck('noisy', 6);
    await running(2);
    await expect(one(own, 'quiet', over)).resolves.toEqual([{ one: 1 }]);
    await running(2);
    await release();
  });

  it('leaves a connection also beside another such tenant', async () => {
    const { own, stuck, running, release } = await withStuck({ tenantPool: 4 });
    stuck('noisy', 6);
    await running(2);
    stuck('as noisy', 6);
    await running(3);
    await expect(one(own, 'quiet')).resolves.toEqual([{ one: 1 }]);
    await release();
  });

  it('would hold everybody up without shares (control: what is of no tenant has none)', async () => {
    const { own, stuck, running, release } = await withStuck({ transactionPool: 4 });
    stuck(null, 4);
    await running(4);
    const late = own.transaction('late', (tx) => tx`select 1`, { deadlineMs: 100 });
    await expect(late).rejects.toBeInstanceOf(DatabaseBusyError);
    await release();
  });
});

describe('tenants that wait for a connection', () => {
  it('are served in turn', async () => {
    const { own, stuck, running, release } = await withStuck({ tenantPool: 1 });
    stuck('noisy', 1);
    await running(1);
    const served: string[] = [];
    const tenants = ['noisy', 'noisy', 'noisy', 'quiet', 'other'];
    const all = tenants.map((tenant) => one(own, tenant, { deadlineMs: 8000 }).then(() => served.push(tenant)));
    await release();
    await Promise.all(all);
    expect(served).toEqual(['noisy', 'quiet', 'other', 'noisy', 'noisy']);
  });

  it('are refused where they are most: not who asks for one, because another asks for many', async () => {
    const { own, stuck, running, release } = await withStuck({ tenantPool: 1 });
    stuck('noisy', 1);
    await running(1);
    const options = { deadlineMs: 8000 };
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
