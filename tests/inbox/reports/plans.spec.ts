/** What counting makes Postgres read does not hang on what Postgres knew when it planned it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { takeNews } from '../../../src/inbox/reports/news.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, part, person } from '../../support/ingest.ts';
import { readBy } from '../../support/read-rows.ts';
import { reportStage, START, type ReportStage } from '../../support/reports.ts';

let db: TestDatabase;
let stages: readonly ReportStage[];

beforeAll(async () => {
  db = await createTestDatabase();
  stages = [await reportStage(db.database), await reportStage(db.database)];
});
afterAll(() => db.drop());

/** As often as it takes Postgres to keep a plan, and more. */
const ROUNDS = 8;
const MESSAGES = 400;

async function write(round: string): Promise<void> {
  for (const { team } of stages) {
    const events = Array.from({ length: MESSAGES }, (_, n) =>
      message(team.account.channel, `wamid.plan.${round}.${String(n)}`, {
        chat: person(String(15551000000 + n)),
        atMs: START + n,
      }),
    );
    await apply(db.database, team.account, [part(events, { receivedAtMs: START })]);
  }
}

it('reads each event and each row once, when it was planned while there was none', async () => {
  let counted = 0;
  const nodes = await readBy(db.url, stages[0]!.team.tenantId, async (tx) => {
    await tx`reset role`;
    for (let round = 0; round < ROUNDS; round += 1) await takeNews(tx, {});
    for (const round of ['first', 'second']) {
      await write(round);
      counted += (await takeNews(tx, {})).tenants;
    }
  });
  expect(counted).toBe(2 * stages.length);
  // Of a business two events for a message, and one for a conversation.
  expect(Math.max(...nodes.map(({ rows }) => rows))).toBeLessThanOrEqual(4 * MESSAGES * stages.length);
  expect(nodes.filter(({ on }) => on.startsWith('messages_')).map(({ on }) => on)).not.toContain('messages_by_thread');
});
