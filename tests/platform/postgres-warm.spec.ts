/** Work stays on the connection that has made its plans: in a new one the same statement takes ten times as long. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CallOptions, Database } from '../../src/platform/postgres.ts';
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

/** The server's process on the other end of the connection that the statement was given. */
async function backendOf(from: Database, options?: CallOptions): Promise<number> {
  const [row] = await from.run(
    'test.backend',
    (sql) => sql<{ pid: number }[]>`select pg_backend_pid() as pid`,
    options,
  );
  return row!.pid;
}

/** As backendOf, of a statement that waits in the server until nobody holds `lock`. */
async function lateBackendOf(from: Database, lock: number): Promise<number> {
  const [row] = await from.run(
    'test.late',
    (sql) => sql<{ pid: number }[]>`select pg_backend_pid() as pid from pg_advisory_xact_lock_shared(${lock})`,
  );
  return row!.pid;
}

/** Begins a statement of `from`, does `work` while it waits in the server, and tells its backend afterwards. */
async function whileOneWaits(from: Database, lock: number, work: () => Promise<void>): Promise<number> {
  const held = await holding(test.database, async (tx) => {
    await tx`select pg_advisory_xact_lock(${lock})`;
    const backend = lateBackendOf(from, lock);
    await waitFor(() => isWaitedFor(lock), { what: 'the statement to wait' });
    await work();
    return { backend };
  });
  return await held.backend;
}

async function isWaitedFor(lock: number): Promise<boolean> {
  const rows = await test.database.run(
    'test.waited_for',
    (sql) => sql`select 1 from pg_locks where locktype = 'advisory' and objid = ${lock} and not granted`,
  );
  return rows.length > 0;
}

it('gives the oldest connection to who comes next, though another was given back last', async () => {
  const own = test.open();
  let younger: Promise<number> | undefined;
  let giveBack = (): void => undefined;
  const oldest = await whileOneWaits(own, 1, async () => {
    await new Promise<void>((bothAreTaken) => {
      const givenBack = new Promise<void>((resolve) => (giveBack = resolve));
      younger = whileOneWaits(own, 2, async () => {
        bothAreTaken();
        await givenBack;
      });
    });
  });
  giveBack();
  expect(await younger).not.toBe(oldest);
  expect(await backendOf(own)).toBe(oldest);
});

it('sends what is asked beside behind the work of that connection, and takes no other', async () => {
  const own = test.open();
  let beside: Promise<number> | undefined;
  let other = 0;
  const working = await whileOneWaits(own, 3, async () => {
    beside = backendOf(own, { beside: true });
    other = await backendOf(own);
  });
  expect(await beside).toBe(working);
  expect(other).not.toBe(working);
});

it('opens a connection for what is asked beside where there is none yet', async () => {
  const own = test.open();
  expect(await backendOf(own, { beside: true })).toBe(await backendOf(own));
});
