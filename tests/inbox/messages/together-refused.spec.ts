/** What sends that are refused in a round promise: the same refusals as alone, and none for what was answered before. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ThreadId } from '../../../src/contract/ids.ts';
import { allAlone, counting, crewOf, text } from '../../support/crew.ts';
import { createBrokenDatabase, createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { holding } from '../../support/hold.ts';
import { DAY_MS } from '../../support/ingest.ts';
import { giveTo, newCommandId } from '../../support/team.ts';
import { waitFor } from '../../support/wait.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

describe('sends that are refused', () => {
  it('take one transaction, however many they are, and name their reasons', async () => {
    const crew = await crewOf(db.database, 9);
    const bob = await crew.team.member('agent');
    const [theirs, ...ours] = crew.threads as [ThreadId, ...ThreadId[]];
    await giveTo(crew.team, theirs, bob.memberId);
    crew.team.clock.ms += 2 * DAY_MS;
    const { database, names } = counting(db.database);
    const execute = crew.team.executorWith({ database });
    const sends = [theirs, ...ours].map((threadId, n) =>
      execute('message:send', { ...text(threadId, 'late'), ...(n < 5 ? { commandId: newCommandId() } : {}) }, crew.ana),
    );
    const reasons = (await Promise.allSettled(sends)).map(
      (one) => one.status === 'rejected' && (one.reason as { code: string }).code,
    );
    expect(reasons).toEqual(['not_found', ...ours.map(() => 'window_closed')]);
    expect(names).toEqual(['command.together']);
  });

  it('keep none of the others from being sent', async () => {
    const crew = await crewOf(db.database, 2);
    const bob = await crew.team.member('agent');
    const [theirs, ours] = crew.threads as [ThreadId, ThreadId];
    await giveTo(crew.team, theirs, bob.memberId);
    const { database, names } = counting(db.database);
    const execute = crew.team.executorWith({ database });
    const [refused, sent] = await Promise.allSettled([
      execute('message:send', { ...text(theirs, 'not mine'), commandId: newCommandId() }, crew.ana),
      execute('message:send', { ...text(ours, 'mine'), commandId: newCommandId() }, crew.ana),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } });
    expect(sent).toMatchObject({ status: 'fulfilled' });
    expect(names).toEqual(['command.together']);
  });

  it('are answered as at first, where they were answered before', async () => {
    const { team, ana, threads } = await crewOf(db.database, 1);
    const input = { ...text(threads[0]!, 'once'), commandId: newCommandId() };
    const first = await team.execute('message:send', input, ana);
    team.clock.ms += 2 * DAY_MS;
    expect((await team.execute('message:send', input, ana)).data).toEqual(first.data);
  });

  it('are answered as at first, where another server answers between the look and the lock', async () => {
    // Looks first, and takes the thread when the lock 78 is free.
    const slow = await createBrokenDatabase('open_sends', (sql) =>
      sql.replace('where not exists', 'where (select pg_advisory_xact_lock_shared(78)) is not null and not exists'),
    );
    const { team, ana, threads } = await crewOf(slow.database, 1);
    const bob = await team.member('agent');
    const [threadId] = threads as [ThreadId];
    const input = { ...text(threadId, 'once'), commandId: newCommandId() };
    const elsewhere = team.executorWith({ registry: allAlone(slow.database) });
    const { first, second } = await holding(slow.open(), async (tx) => {
      await tx`select pg_advisory_xact_lock(78)`;
      const answer = team.execute('message:send', input, ana);
      await waitFor(async () => (await looking(slow)) === 1, { what: 'the round to have looked' });
      const { data } = await elsewhere('message:send', input, ana);
      await giveTo(team, threadId, bob.memberId);
      return { first: data, second: { answer } };
    });
    expect((await second.answer).data).toEqual(first);
    await slow.drop();
  });
});

async function looking(test: TestDatabase): Promise<number> {
  const rows = await test.database.run(
    'test.looking',
    (sql) => sql`select 1 from pg_stat_activity where datname = current_database() and wait_event = 'advisory'
      and query like '%open_sends%'`,
  );
  return rows.length;
}
