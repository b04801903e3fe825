import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ThreadId } from '../../src/contract/ids.ts';
import { crewOf, holdThread, type Crew } from '../support/crew.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

test('commands that wait for held conversations keep no other business waiting, however many businesses wait', async () => {
  const [ours, ...theirs] = [await crewOf(db.database, 1), ...(await Promise.all([5, 5, 5].map(crewWith)))];
  const database = db.open({ applicationName: 'neighbours' });
  const execute = ours.team.executorWith({ database, deadlineMs: 30_000 });
  const holder = db.open({ transactionPool: 15 });
  const held = await each(theirs, (crew, threadId) => holdThread(holder, crew, threadId));
  const waiting = each(theirs, (crew, threadId) => execute('note:add', { threadId, text: 'later' }, crew.ana));
  await waitFor(async () => (await waitingFor('neighbours')) >= 3, { what: 'commands to wait' });
  await execute('note:add', { threadId: ours.threads[0]!, text: 'now' }, ours.ana);
  for (const { release } of held) await release();
  await waiting;
  const notes = await each(theirs, (crew, threadId) => notesOf(crew, threadId));
  expect(notes).toEqual(notes.map(() => ['later']));
  expect(notes).toHaveLength(15);
});

test('a command that waits too long is refused, and done once when it is sent again', async () => {
  const crew = await crewOf(db.database, 1);
  const threadId = crew.threads[0]!;
  const input = { threadId, text: 'at last', commandId: randomUUID() };
  const held = await holdThread(db.database, crew, threadId);
  const hurried = crew.team.executorWith({ deadlineMs: 2000 });
  await expect(hurried('note:add', input, crew.ana)).rejects.toMatchObject({ code: 'unavailable' });
  await held.release();
  await crew.team.execute('note:add', input, crew.ana);
  expect(await notesOf(crew, threadId)).toEqual(['at last']);
});

const crewWith = (threads: number): Promise<Crew> => crewOf(db.database, threads);

async function each<T>(crews: readonly Crew[], work: (crew: Crew, threadId: ThreadId) => Promise<T>): Promise<T[]> {
  return await Promise.all(crews.flatMap((crew) => crew.threads.map((threadId) => work(crew, threadId))));
}

async function notesOf({ team, ana }: Crew, threadId: ThreadId): Promise<string[]> {
  const { notes = [] } = (await team.execute('thread:messages', { threadId }, ana)).data;
  return notes.map((note) => note.text);
}

async function waitingFor(application: string): Promise<number> {
  const rows = await db.database.run(
    'test.waiting',
    (sql) => sql`select 1 from pg_stat_activity where application_name = ${application} and wait_event_type = 'Lock'`,
  );
  return rows.length;
}
