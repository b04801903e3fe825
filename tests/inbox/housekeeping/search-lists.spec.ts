import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOnlyOne } from '../../../src/inbox/housekeeping/jobs.ts';
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

const waiting = (): Promise<number> => db.database.transaction('test.empty', emptyLists);

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

  it('is put there by one housekeeping process at a time, and by the next round of any', async () => {
    const account = await createTenant(db.database);
    const job = searchListsJob(db.open());
    await waiting();
    const chat = person('15550100103', 'Ada Example');
    await apply(db.database, account, [part([message(account.channel, 'wamid.103', { chat })])]);
    await db.database.transaction('test.other_process', async (tx) => {
      expect(await isOnlyOne(tx, job.name)).toBe(true);
      await job.run();
    });
    expect(await waiting()).toBeGreaterThanOrEqual(3);
    await apply(db.database, account, [part([message(account.channel, 'wamid.104', { chat })])]);
    await job.run();
    expect(await waiting()).toBe(0);
  });
});
