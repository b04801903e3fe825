/** Edits of which the carrier does not tell the time: only what differs from what stands is one. */
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

describe('edits without a time', () => {
  const edit = (text: string, receivedAtMs: number): Part => {
    const about = { direction: 'inbound', providerMessageId: null, targetId: 'm1', chat: ADA } as const;
    const event = { kind: 'edit', channel: account.channel, atMs: null, own: null, ...about, text } as const;
    return part([event], { receivedAtMs });
  };
  /** What stands after edits to these texts, a second apart, in batches that end where it says, the message among them. */
  const endOf = async (texts: readonly string[], cuts: readonly boolean[], messageAt: number): Promise<unknown> => {
    account = await createTenant(db.database);
    const edits = texts.map((text, index) => edit(text, T0 + 1000 * (index + 1)));
    const parts = edits.toSpliced(messageAt, 0, part([message(account.channel, 'm1', { text: 'a' })]));
    let batch: Part[] = [];
    for (const [index, one] of parts.entries()) {
      batch.push(one);
      if (cuts[index] !== true && index < parts.length - 1) continue;
      await apply(db.database, account, batch);
      batch = [];
    }
    const { text, editedAt } = await messageRow(db.database, account.tenantId, 'm1');
    return { text, editedAt };
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
