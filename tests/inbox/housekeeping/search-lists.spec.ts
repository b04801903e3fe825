import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyLists, searchListsJob } from '../../../src/inbox/housekeeping/search-lists.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, createTenant, message, part, person } from '../../support/ingest.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

const waiting = (): Promise<number> => db.database.run('test.empty', emptyLists);

describe('what was just written', () => {
  it('is soon found by the indexes of search themselves, and no search reads it all', async () => {
    const account = await createTenant(db.database);
    const writes = async (digits: string): Promise<void> => {
      const chat = person(digits, 'Ada Example');
      await apply(db.database, account, [part([message(account.channel, `wamid.${digits}`, { chat })])]);
    };
    await waiting();
    await writes('15550100101');
    // Without the job it waits: names, numbers and texts have lists of their own.
    expect(await waiting()).toBeGreaterThanOrEqual(3);
    await writes('15550100102');
    await searchListsJob(db.database).run();
    expect(await waiting()).toBe(0);
  });
});
