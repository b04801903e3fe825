/** Customers who type are announced to the gateways, however many of them at once. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CONTACT_TYPING_CHANNEL, parseContactTyping } from '../../../src/inbox/presence/contact-typing.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createSendingTenant, createThread } from '../../support/outbound.ts';
import { startUpkeep, type Upkeep } from '../../support/upkeep.ts';

let db: TestDatabase;
let upkeep: Upkeep;

beforeAll(async () => {
  db = await createTestDatabase();
  upkeep = await startUpkeep(db, 'http://127.0.0.1:1');
});
afterAll(async () => {
  await upkeep.stop();
  await db.drop();
});

it('twenty customers who type are looked up in one statement; the last sign of each counts', async () => {
  const account = await createSendingTenant(db.database, { baseUrl: 'http://127.0.0.1:1', provider: 'evolution' });
  const digits = Array.from({ length: 20 }, (_, n) => String(15_553_000_000 + n));
  const threads = await Promise.all(digits.map((one) => createThread(db.database, account, one)));
  const sign = async (one: string, presence: string): Promise<void> => {
    const id = `${one}@s.whatsapp.net`;
    const data = { id, presences: { [id]: { lastKnownPresence: presence } } };
    const body = { event: 'presence.update', instance: account.channel, data };
    await upkeep.receive('evolution', 'global', JSON.stringify(body));
  };
  for (const one of digits) await sign(one, 'composing');
  await sign(digits[0]!, 'paused');
  await sign('15553999999', 'composing');
  await upkeep.ingest();
  expect(upkeep.calls.filter((name) => name === 'ingest.typing_threads')).toHaveLength(1);
  const told = upkeep.published
    .filter(({ channel }) => channel === CONTACT_TYPING_CHANNEL)
    .map(({ payload }) => parseContactTyping(payload)!);
  expect(new Set(told.map(({ threadId }) => threadId))).toEqual(new Set(threads.map(({ threadId }) => threadId)));
  const quiet = told.filter(({ typing }) => !typing).map(({ threadId }) => threadId);
  expect(quiet).toEqual([threads[0]!.threadId]);
});
