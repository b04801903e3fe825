/** A message is due when it is queued, by the clock of Postgres, however far ahead the clock of its gateway is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allAlone, crewOf, text, type Crew } from '../../support/crew.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { newCommandId } from '../../support/team.ts';

const HOUR_MS = 3_600_000;

let db: TestDatabase;
let crew: Crew;

beforeAll(async () => {
  db = await createTestDatabase();
  crew = await crewOf(db.database, 1);
  await db.database.run('test.window', (sql) => sql`update threads set window_expires_at = now() + interval '1 day'`);
  crew.team.clock.ms = Date.now() + HOUR_MS;
});
afterAll(() => db.drop());

async function waiting(): Promise<number> {
  const rows = await db.database.run(
    'test.waiting',
    (sql) => sql`select 1 from messages where next_attempt_at > clock_timestamp()`,
  );
  return rows.length;
}

describe.each(['together', 'alone'])('a message that is sent %s', (how) => {
  it('is due at once', async () => {
    const { team, ana, threads } = crew;
    const execute = how === 'alone' ? team.executorWith({ registry: allAlone(team.database) }) : team.execute;
    const input = { ...text(threads[0]!, how), commandId: newCommandId() };
    const sent = await execute('message:send', input, ana);
    expect(sent.data.message).toMatchObject({ status: 'queued', text: how });
    expect(await waiting()).toBe(0);
  });
});
