/** Many who come back at the same moment to the same place of a log cost the database one read of it, not one each. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import { createLogReader, type KnownRange } from '../../src/inbox/log-reader.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createTeam } from '../support/inbox.ts';

const EVENTS = 40;

let db: TestDatabase;
let tenantId: TenantId;
let epoch: string;
let reads: number;
let counted: Database;

beforeAll(async () => {
  db = await createTestDatabase();
  ({ tenantId } = await createTeam(db.database));
  counted = {
    ...db.database,
    asTenant: (tenant, name, work, options) => {
      reads += 1;
      return db.database.asTenant(tenant, name, work, options);
    },
  };
  epoch = await db.database.transaction('test.events', async (tx) => {
    await tx`
      insert into tenant_events (tenant_id, seq, at, type, data)
      select ${tenantId}, 1000 + n, now(), 'note.created', json_build_object('n', n) from generate_series(1, ${EVENTS}) n`;
    const [row] = await tx<{ epoch: string }[]>`
      update tenant_logs set head = ${1000 + EVENTS} where tenant_id = ${tenantId} returning epoch`;
    return row?.epoch ?? '';
  });
});
afterAll(() => db.drop());

const after = (from: number, to: number): KnownRange => ({ tenantId, epoch, from, to, limit: 2000 });

async function lastOf(
  read: Promise<{ readonly events: readonly { readonly seq: number }[] } | null>,
): Promise<unknown> {
  return (await read)?.events.at(-1)?.seq;
}

it('reads once, and each gets all, or the first part of it where it wants more', async () => {
  const reader = createLogReader(counted);
  reads = 0;
  const whole = Array.from({ length: 20 }, () => lastOf(reader.knownRange(after(1000, 1030))));
  const more = lastOf(reader.knownRange(after(1000, 1040)));
  expect(await Promise.all(whole)).toEqual(Array.from({ length: 20 }, () => 1030));
  expect(await more).toBe(1030);
  expect(reads).toBe(1);
  expect(await lastOf(reader.knownRange(after(1000, 1040)))).toBe(1040);
  expect(reads).toBe(2);
});

it('gives nobody more than was asked for, and nothing of another place', async () => {
  const reader = createLogReader(counted);
  const found = [
    reader.knownRange(after(1000, 1030)),
    reader.knownRange(after(1000, 1020)),
    reader.knownRange(after(1010, 1030)),
  ];
  expect(await Promise.all(found.map(lastOf))).toEqual([1030, 1020, 1030]);
  expect((await found[2])?.events[0]?.seq).toBe(1011);
});

it('reads again after a read that failed', async () => {
  let away = true;
  const reader = createLogReader({
    ...counted,
    asTenant: (tenant, name, work, options) =>
      away ? Promise.reject(new Error('Postgres is away.')) : db.database.asTenant(tenant, name, work, options),
  });
  const both = [after(1000, 1030), after(1000, 1030)].map((wanted) => reader.knownRange(wanted));
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  away = false;
  expect(await lastOf(reader.knownRange(after(1000, 1030)))).toBe(1030);
});
