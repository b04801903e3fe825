/** One batch of bodies that mix tenants, good items and anything else: every good item is stored, nothing is poison. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBody } from '../../../src/deps.ts';
import { applyBatch, packParts, splitEvents } from '../../../src/inbox/ingest/apply.ts';
import { buildBatch } from '../../../src/inbox/ingest/batch.ts';
import type { AccountRef, Part } from '../../../src/inbox/ingest/part.ts';
import { anything, damagedBodies } from '../../providers/damaged.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createTenant, DAY_MS, part, T0 } from '../../support/ingest.ts';

type Channel = 'first' | 'second' | 'unknown';

let db: TestDatabase;
let accounts: Record<'first' | 'second', AccountRef>;
let serial = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  accounts = { first: await createTenant(db.database, '1'), second: await createTenant(db.database, '2') };
});
afterAll(() => db.drop());

const CHANNELS: Record<Channel, string> = { first: '1', second: '2', unknown: '9' };
/** Real bodies name other numbers: theirs are the first tenant's, so that what is left of them is applied too. */
const resolve = (_provider: string, channel: string): AccountRef | null => {
  if (channel === CHANNELS.unknown) return null;
  return channel === CHANNELS.second ? accounts.second : accounts.first;
};

/** Stands for an item that is in order. */
const GOOD = Symbol('good');
const items = fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(GOOD) }, { weight: 1, arbitrary: anything }), {
  maxLength: 4,
});
const change = fc.record(
  {
    channel: fc.constantFrom<Channel>('first', 'second', 'unknown'),
    messages: items,
    statuses: items,
    contacts: anything,
    errors: anything,
  },
  { requiredKeys: ['channel', 'messages'] },
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
const body = fc.record({
  entries: fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  damaged: damagedBodies('cloud').map(entriesOf),
  damagedFirst: fc.boolean(),
});

function entriesOf(json: string): unknown[] {
  const { entry } = (JSON.parse(json) ?? {}) as { entry?: unknown };
  return Array.isArray(entry) ? entry : [entry];
}

interface Expected {
  readonly tenantId: string;
  readonly id: string;
}

function toChange({ channel, messages, statuses, ...rest }: Change, expected: Expected[]): unknown {
  const timestamp = String(T0 / 1000);
  const good = (make: (id: string) => object, items: readonly unknown[], isStored: boolean): unknown[] =>
    items.map((item) => {
      if (item !== GOOD) return item;
      serial += 1;
      const id = `wamid.mixed.${String(serial)}`;
      if (isStored && channel !== 'unknown') expected.push({ tenantId: accounts[channel].tenantId, id });
      return make(id);
    });
  const from = (): string => String(15_550_100_100 + (serial % 7));
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550100000', phone_number_id: CHANNELS[channel] },
    ...rest,
    messages: good((id) => ({ id, from: from(), timestamp, type: 'text', text: { body: id } }), messages, true),
    statuses: good((id) => ({ id, status: 'sent', timestamp, recipient_id: from() }), statuses ?? [], false),
  };
  return { field: 'messages', value };
}

describe('a batch of bodies', () => {
  it('loses no good item to whatever stands beside it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 4 }), async (bodies) => {
        const expected: Expected[] = [];
        const parts = bodies.map(({ entries, damaged, damagedFirst }): Part => {
          const own = entries.map((changes) => ({ id: '2', changes: changes.map((each) => toChange(each, expected)) }));
          const entry = damagedFirst ? [...damaged, ...own] : [...own, ...damaged];
          const raw = Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry }));
          const parsed = parseBody('cloud', raw, T0 + 5000);
          if (!parsed.ok) throw new Error(parsed.broken);
          return part(parsed.events, { body: raw });
        });
        const batches = packParts(parts.flatMap(splitEvents));
        expect(batches).toHaveLength(1);
        // Not through applyParts, which would look for the culprit and go on without it.
        await applyBatch(
          db.database,
          buildBatch(batches[0] ?? [], resolve, () => DAY_MS),
        );
        const ids = expected.map(({ id }) => id);
        const stored = await db.database.run(
          'test.stored',
          (sql) => sql<Expected[]>`
            select tenant_id as "tenantId", provider_message_id as id from messages
            where provider_message_id = any (${ids}) and text = provider_message_id`,
        );
        const sorted = (rows: readonly Expected[]): string[] =>
          rows.map(({ tenantId, id }) => `${tenantId} ${id}`).sort();
        expect(sorted(stored)).toEqual(sorted(expected));
      }),
      { numRuns: 100 },
    );
  });
});
