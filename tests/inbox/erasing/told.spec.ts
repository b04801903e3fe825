/** Of who is erased nobody is told anything: not who comes back, and who asks only that they are erased. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Thread } from '../../../src/contract/entities.ts';
import { judgeReplay, toClient } from '../../../src/inbox/audience.ts';
import type { Caller, ExecuteCommand } from '../../../src/inbox/command.ts';
import { erasuresJob } from '../../../src/inbox/housekeeping/erasures.ts';
import { createLogReader } from '../../../src/inbox/log-reader.ts';
import { createTeam, createTestExecutor, type Team } from '../../support/actors.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, part, person } from '../../support/ingest.ts';
import { silentLog } from '../../support/log.ts';

const DIGITS = '15550177001';
const NAME = 'Zerlina Quux';
const SECRET = 'xylophone';
const ADA = person(DIGITS, NAME);
const BOB = person('15550177002', 'Bob Other');
const GROUP = { addresses: [{ type: 'group' as const, value: '120363000000000077' }], name: 'Choir' };

let db: TestDatabase;
let team: Team;
let execute: ExecuteCommand;
let threads: Record<string, Thread>;
/** Where the log was before anybody wrote. */
let seq: number;

beforeAll(async () => {
  db = await createTestDatabase();
  team = await createTeam(db.database, 'all');
  execute = createTestExecutor(db.database);
  ({ seq } = (await execute('inbox:snapshot', {}, team.members.admin.caller)).data.cursor);
  const said = (id: string, over: Parameters<typeof message>[2]) => message(team.account.channel, id, over);
  const events = [
    said('a1', { chat: ADA, text: SECRET }),
    said('b1', { chat: BOB, text: 'unrelated' }),
    said('g1', { chat: GROUP, sender: ADA, text: SECRET }),
    said('g2', { chat: GROUP, sender: BOB, text: 'of somebody else' }),
  ];
  await apply(db.database, team.account, [part(events, { receivedAtMs: Date.now() - 2000 })]);
  const { items } = (await execute('thread:list', {}, team.members.admin.caller)).data;
  threads = Object.fromEntries(items.map((thread) => [thread.contact.displayName, thread]));
});
afterAll(() => db.drop());

const thread = (name: string): Thread => {
  const found = threads[name];
  if (found === undefined) throw new Error(`no thread of ${name}`);
  return found;
};

const findErased = async (as: Caller): Promise<string[]> => {
  const threadIds = [thread(NAME).id, thread('Bob Other').id, randomUUID() as Thread['id'], thread(NAME).id];
  return (await execute('thread:find-erased', { threadIds }, as)).data.threadIds;
};

async function stage(): Promise<string | undefined> {
  const rows = await db.database.run(
    'test.stage',
    (sql) => sql<{ stage: string }[]>`select stage from erasures where finished_at is null`,
  );
  return rows[0]?.stage;
}

/** What housekeeping does, until this is so or nothing is to be done. */
async function keepHouseUntil(isThere: () => Promise<boolean>): Promise<void> {
  const job = erasuresJob({
    ...{ db: db.database, log: silentLog, hints: { publish: () => undefined }, blobs: undefined as never },
    arrivals: () => Promise.resolve(null),
  });
  while (!(await isThere())) await job.run();
}

it('who comes back before the log is written anew hears what has gone, and no word of it; who asks, what was erased', async () => {
  const ana = team.members.ana.caller;
  expect(await findErased(ana)).toEqual([]);
  const { contact, id: threadId } = thread(NAME);
  await execute('contact:erase', { contactId: contact.id, confirm: NAME }, team.members.admin.caller);
  expect(await findErased(ana)).toEqual([threadId]);
  await keepHouseUntil(async () => (await stage()) === 'notes');

  const { tenantId } = team.account;
  const range = await createLogReader(db.database).range({ tenantId, from: seq, to: 1e9, limit: 1e4 });
  const events = range?.events ?? [];
  // A control: the log still has it, of both conversations.
  expect(JSON.stringify(events).split(`"${SECRET}"`).length).toBeGreaterThan(2);
  const verdicts = judgeReplay(events, () => true, null);
  const told = events.flatMap((event, index) => toClient(event, verdicts[index] ?? 'hide', () => undefined) ?? []);
  for (const word of [SECRET, NAME, DIGITS]) expect(JSON.stringify(told)).not.toContain(word);
  expect(told).toContainEqual(expect.objectContaining({ data: { threadId, reason: 'erased' } }));
  const ofChoir = told.filter(({ data }) => JSON.stringify(data).includes(thread('Choir').id));
  expect(ofChoir.map(({ type }) => type)).toEqual(['thread.removed', 'thread.created']);

  await keepHouseUntil(async () => (await stage()) === undefined);
  expect(await findErased(ana)).toEqual([threadId]);
  const stranger = (await createTeam(db.database)).members.admin.caller;
  expect(await findErased(stranger)).toEqual([]);
});
