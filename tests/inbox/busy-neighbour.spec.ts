import { afterAll, beforeAll, expect, test } from 'vitest';
import { crewOf, holdThread } from '../support/crew.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

test('commands that wait for held conversations keep no other business waiting', async () => {
  const [theirs, ours] = [await crewOf(db.database, 5), await crewOf(db.database, 1)];
  const database = db.open({ applicationName: 'neighbours' });
  const execute = ours.team.executorWith({ database });
  const held = await Promise.all(theirs.threads.map((threadId) => holdThread(db.open(), theirs, threadId)));
  const waiting = theirs.threads.map((threadId) => execute('note:add', { threadId, text: 'later' }, theirs.ana));
  await waitFor(async () => (await waitingFor('neighbours')) === 2, { what: 'commands to wait' });
  await execute('note:add', { threadId: ours.threads[0]!, text: 'now' }, ours.ana);
  for (const { release } of held) await release();
  await expect(Promise.all(waiting)).resolves.toHaveLength(5);
});

async function waitingFor(application: string): Promise<number> {
  const rows = await db.database.run(
    'test.waiting',
    (sql) => sql`select 1 from pg_stat_activity where application_name = ${application} and wait_event_type = 'Lock'`,
  );
  return rows.length;
}
