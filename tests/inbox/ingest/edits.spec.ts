/** Edits of which the carrier does not tell the time, or tells it in one of two webhooks that come in any order. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountRef, Part } from '../../../src/inbox/ingest/part.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { ADA, apply, createTenant, message, messageRow, part, T0 } from '../../support/ingest.ts';

let db: TestDatabase;
let account: AccountRef & { channel: string };

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const edit = (text: string, receivedAtMs: number, atMs: number | null = null): Part => {
  const about = { direction: 'inbound', providerMessageId: null, targetId: 'm1', chat: ADA } as const;
  const event = { kind: 'edit', channel: account.channel, atMs, own: null, ...about, text } as const;
  return part([event], { receivedAtMs });
};

/** Takes them in batches that end where it says; returns what stands. */
async function takeAll(parts: readonly Part[], cuts: readonly boolean[]): Promise<unknown> {
  let batch: Part[] = [];
  for (const [index, one] of parts.entries()) {
    batch.push(one);
    if (cuts[index] !== true && index < parts.length - 1) continue;
    await apply(db.database, account, batch);
    batch = [];
  }
  const { text, editedAt } = await messageRow(db.database, account.tenantId, 'm1');
  return { text, editedAt };
}

describe('edits without a time', () => {
  /** What stands after edits to these texts, a second apart, in batches that end where it says, the message among them. */
  const endOf = async (texts: readonly string[], cuts: readonly boolean[], messageAt: number): Promise<unknown> => {
    account = await createTenant(db.database);
    const edits = texts.map((text, index) => edit(text, T0 + 1000 * (index + 1)));
    const parts = edits.toSpliced(messageAt, 0, part([message(account.channel, 'm1', { text: 'a' })]));
    return await takeAll(parts, cuts);
  };

  it('count where the text was another just before, however they are cut into batches', async () => {
    const told = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 });
    const cuts = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(told, cuts, fc.nat(5), async (texts, ends, messageAt) => {
        const last = texts.findLastIndex((text, index) => text !== (texts[index - 1] ?? 'a'));
        expect(await endOf(texts, ends, messageAt)).toEqual({
          text: texts.at(-1),
          editedAt: last < 0 ? null : new Date(T0 + 1000 * (last + 1)).toISOString(),
        });
      }),
      { numRuns: 30 },
    );
  });
});

describe('edits that are told with their time and again without it', () => {
  it('end with the latest, in whatever order they come and however often', async () => {
    const texts = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 });
    const places = fc.array(fc.nat(), { minLength: 12, maxLength: 12 });
    const cuts = fc.array(fc.boolean(), { minLength: 16, maxLength: 16 });
    await fc.assert(
      fc.asyncProperty(texts, places, cuts, async (written, order, ends) => {
        account = await createTenant(db.database);
        const told = written.flatMap((text, index) => {
          const atMs = T0 + 1000 * index;
          return [
            { text, atMs },
            { text, atMs: null },
            { text, atMs: null },
          ];
        });
        const sorted = told
          .map((one, index) => ({ one, place: order[index] ?? 0 }))
          .sort((one, other) => one.place - other.place);
        const edits = sorted.map(({ one: { text, atMs } }, index) => edit(text, T0 + 60_000 + 1000 * index, atMs));
        const original = part([message(account.channel, 'm1', { text: 'a', atMs: T0 - 1000 })]);
        const parts = edits.toSpliced((order[0] ?? 0) % (edits.length + 1), 0, original);
        expect(await takeAll(parts, ends)).toEqual({
          text: written.at(-1),
          editedAt: new Date(T0 + 1000 * (written.length - 1)).toISOString(),
        });
      }),
      { numRuns: 40 },
    );
  });
});
