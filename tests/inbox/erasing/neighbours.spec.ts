/** Who is erased takes nothing of others along. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { erasuresJob } from '../../../src/inbox/housekeeping/erasures.ts';
import type { InboundEvent } from '../../../src/providers/inbound.ts';
import { createTeam, createTestExecutor, type Team } from '../../support/actors.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, part, person } from '../../support/ingest.ts';
import { silentLog } from '../../support/log.ts';

/** As short as a number can be: within longer ones, and within times. */
const SHORT = '6834123';
const ADA = person(SHORT, 'Ada Short');
const BOB = person(`15${SHORT}7`, 'Bob Other');

let db: TestDatabase;
let team: Team;

beforeAll(async () => {
  db = await createTestDatabase();
  team = await createTeam(db.database, 'all');
});
afterAll(() => db.drop());

const said = (id: string, chat = ADA, text = `text of ${id}`) =>
  message(team.account.channel, id, { chat, text, atMs: Date.now() - 3000 });
const take = (events: InboundEvent[], body: string, receivedAtMs = Date.now() - 2000) =>
  apply(db.database, team.account, [part(events, { body: Buffer.from(body), receivedAtMs })]);

async function eraseAda(): Promise<void> {
  const { caller } = team.members.admin;
  const execute = createTestExecutor(db.database);
  const { items } = (await execute('thread:list', {}, caller)).data;
  const contactId = items.find(({ contact }) => contact.displayName === 'Ada Short')?.contact.id ?? '';
  await execute('contact:erase', { contactId, confirm: contactId }, caller);
  const job = erasuresJob({
    ...{ db: db.database, log: silentLog, hints: { publish: () => undefined }, blobs: undefined as never },
    arrivals: () => Promise.resolve(null),
  });
  while ((await job.run()) > 0);
}

const bodies = async (): Promise<string[]> => {
  const rows = await db.database.run(
    'test.bodies',
    (sql) => sql<{ body: string }[]>`
      select convert_from(body, 'UTF8') as body from webhook_journal where body <> ''
      union all select 'letter ' || convert_from(body, 'UTF8') from dead_letters order by 1`,
  );
  return rows.map(({ body }) => body);
};

it('keeps webhooks and dead letters that have their number within another, and those of webhooks that repeat what was erased', async () => {
  const text = (words: string): string => JSON.stringify({ text: words });
  await take([said('a1')], text(`é${SHORT}`));
  await take([said('a2')], text(`whatsapp%3A%2B${SHORT}`));
  await take([said('b1', BOB)], text(`15${SHORT}7 at 171${SHORT}`));
  await take([said('b2', BOB, 'refused \u0000')], text(`15${SHORT}7 refused`));
  expect(await bodies()).toHaveLength(5);
  await eraseAda();
  const others = [
    text(`15${SHORT}7 at 171${SHORT}`),
    text(`15${SHORT}7 refused`),
    `letter ${text(`15${SHORT}7 refused`)}`,
  ];
  expect(await bodies()).toEqual([...others].sort());

  // Whichever is found out first: that one was erased, or that one cannot be stored.
  const later = Date.now() + 1000;
  const refused = said('b4', BOB, 'refused \u0000');
  const unusable = { kind: 'parked' as const, channel: team.account.channel, atMs: later, reason: 'no id' };
  await take([said('a1'), said('b3', BOB), unusable], 'unusable', later);
  await take([refused, said('a1')], 'refused first', later);
  await take([said('a2'), said('b5', BOB)], 'nothing refused', later);
  await take(
    [...Array.from({ length: 500 }, (_, at) => said(`c${String(at)}`, BOB)), said('a2')],
    'in two parts',
    later,
  );
  expect(await bodies()).toEqual([...others, 'letter unusable', 'letter refused first'].sort());
  const [found] = await db.database.run(
    'test.stored',
    (sql) => sql<{ ids: string[] }[]>`
      select array_agg(provider_message_id order by position) as ids from messages where provider_message_id like 'b%'`,
  );
  expect(found?.ids).toEqual(['b1', 'b3', 'b5']);
});
