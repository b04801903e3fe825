/** Merging delivery states is associative, commutative and idempotent, whatever Postgres has already and waits for. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Part } from '../../../src/inbox/ingest/part.ts';
import type { StatusEvent } from '../../../src/providers/inbound.ts';
import { createBrokenDatabase, createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, createTenant, message, messageRow, part, status, T0 } from '../../support/ingest.ts';

/** Tellings that a control may take until one shows the defect: far more than it ever takes. */
const UNTIL_FOUND = 600;

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

const said = fc.record({
  state: fc.constantFrom('sent', 'delivered', 'read', 'failed'),
  second: fc.nat(4),
  code: fc.constantFrom('131026', '131049', null),
});
type Said = typeof said extends fc.Arbitrary<infer T> ? T : never;

/** States in an order of their own, some of them twice; after which of them a batch ends; where the message comes. */
const tellings = fc.array(said, { minLength: 1, maxLength: 6 }).chain((all) =>
  fc.record({
    all: fc.constant(all),
    again: fc
      .tuple(fc.subarray(all), fc.shuffledSubarray(all, { minLength: all.length }))
      .map(([some, whole]) => [...some, ...whole]),
    cuts: fc.array(fc.boolean(), { minLength: 13, maxLength: 13 }),
    messageAt: fc.nat(12),
  }),
);

const toEvent = (channel: string, { state, second, code }: Said): StatusEvent =>
  status(channel, 'w1', state, {
    atMs: T0 + second * 1000,
    error: state === 'failed' && code !== null ? { code, title: `Failed with ${code}`, retryable: false } : null,
  });

/** What stands in the end, when these are told in this order, with a batch ending after each that is cut. */
async function endOf(
  { database }: TestDatabase,
  items: readonly (Said | 'message')[],
  cuts: readonly boolean[],
): Promise<unknown> {
  const account = await createTenant(database);
  const { channel } = account;
  let batch: Part['events'][number][] = [];
  for (const [index, item] of items.entries()) {
    batch.push(
      item === 'message' ? message(channel, 'w1', { direction: 'outbound', origin: 'phone' }) : toEvent(channel, item),
    );
    if (cuts[index] !== true && index < items.length - 1) continue;
    await apply(database, account, [part(batch)]);
    batch = [];
  }
  const { status: shown, statusAt, error } = await messageRow(database, account.tenantId, 'w1');
  return { shown, statusAt, error };
}

const sameEnd = (
  of: TestDatabase,
): fc.IAsyncPropertyWithHooks<[typeof tellings extends fc.Arbitrary<infer T> ? T : never]> =>
  fc.asyncProperty(tellings, async ({ all, again, cuts, messageAt }) => {
    const told = [...again.slice(0, messageAt), 'message' as const, ...again.slice(messageAt)];
    expect(await endOf(of, told, cuts)).toEqual(await endOf(of, ['message', ...all], []));
  });

describe('delivery states', () => {
  it('end in the same row however they are ordered, cut into batches and repeated', async () => {
    await fc.assert(sameEnd(db), { numRuns: 40 });
  });

  it('end in different rows where the last one told wins (negative control)', async () => {
    // A time that is told replaces the one that is there, and every telling counts.
    const careless = await createBrokenDatabase('apply_statuses', (text) =>
      text
        .replace(/least\((m\.at_[a-z]+), (s\.[a-z]+)\)/g, 'coalesce($2, $1)')
        .replace(/(s\.[a-z]+) < coalesce\(m\.at_[a-z]+, 'infinity'\)/g, '$1 is not null'),
    );
    const result = await fc.check(sameEnd(careless), { numRuns: UNTIL_FOUND, endOnFailure: true });
    await careless.drop();
    expect(result.failed).toBe(true);
    // By its result, not because it could not run.
    expect(String(result.errorInstance)).toContain('to deeply equal');
  });
});
