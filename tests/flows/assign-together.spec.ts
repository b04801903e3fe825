/** Two people who take the same conversation at once, on two nodes: one has it, the other is told who. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Thread } from '../../src/contract/entities.ts';
import { liveClient, type Answer, type TestClient } from '../support/client.ts';
import { openBusiness, openThread, startJourney, type Business, type Journey } from '../support/journey.ts';
import { waitFor } from '../support/wait.ts';

const ROUNDS = 20;

let journey: Journey;
let business: Business;

beforeAll(async () => {
  journey = await startJourney();
  business = await openBusiness(journey, { visibility: 'own_and_unassigned' });
});
afterAll(async () => {
  await journey.stop();
});

const threadOf = (answer: Answer): Thread =>
  (answer.ok ? answer.data : (answer.error.details as never))['thread'] as Thread;

/** The conversation as a client's snapshot and events have it. */
async function current(client: TestClient, threadId: string): Promise<Thread> {
  const answer = await client.send('inbox:snapshot', { limit: 100 });
  const threads = (answer.ok ? answer.data['threads'] : []) as Thread[];
  const found = threads.find(({ id }) => id === threadId);
  if (found === undefined) throw new Error('the conversation is not listed');
  return found;
}

/** Both assign the version they saw to themselves in the same moment. */
async function race(threadId: string, version: number, players: readonly [TestClient, TestClient]): Promise<Answer[]> {
  return Promise.all(
    players.map((client) =>
      client.send('thread:assign', {
        ...{ threadId, expectedVersion: version, commandId: randomUUID() },
        assigneeId: client.ready[0]?.member.id,
      }),
    ),
  );
}

describe('two who assign at once with the same expectedVersion', () => {
  it('get one success and one conflict with the current conversation, in every round', async () => {
    const { threadId } = await openThread(journey, business);
    const players = await Promise.all([
      liveClient(journey.nodes[0].url, business.people.admin.token),
      liveClient(journey.nodes[1].url, business.people.lead.token),
    ]);
    const watcher = await liveClient(journey.nodes[0].url, business.people.lead.token);
    let { version } = await current(players[0], threadId);
    for (let round = 0; round < ROUNDS; round += 1) {
      // Only who is not the assignee changes anything, so both start from nobody.
      const answers = await race(threadId, version, players);
      const winner = answers.find(({ ok }) => ok);
      const loser = answers.find((answer) => !answer.ok);
      expect(answers.map((answer) => (answer.ok ? 'ok' : answer.error.code)).sort()).toEqual(['conflict', 'ok']);
      expect(threadOf(loser!)).toEqual(threadOf(winner!));
      const freed = await players[0].send('thread:assign', { threadId, assigneeId: null, commandId: randomUUID() });
      ({ version } = threadOf(freed));
    }
    await waitFor(() => {
      const seen = watcher.events().flatMap((event) => (event.type === 'thread.updated' ? [event.data.thread] : []));
      const versions = seen.filter(({ id }) => id === threadId).map((thread) => thread.version);
      expect([...new Set(versions)]).toEqual(versions);
      return versions.at(-1) === version;
    });
    for (const client of [...players, watcher]) client.close();
  });

  it('also tells an agent who lost it out of sight, without showing what is no longer theirs', async () => {
    const players = await Promise.all([
      liveClient(journey.nodes[0].url, business.people.ana.token),
      liveClient(journey.nodes[1].url, business.people.bruno.token),
    ]);
    for (let round = 0; round < ROUNDS / 2; round += 1) {
      const { threadId } = await openThread(journey, business);
      const { version } = await current(players[0], threadId);
      const answers = await race(threadId, version, players);
      expect(answers.map((answer) => (answer.ok ? 'ok' : answer.error.code)).sort()).toEqual(['conflict', 'ok']);
      const lost = answers.find((answer) => !answer.ok);
      expect(lost?.ok === false && lost.error.details).toBeUndefined();
    }
    for (const client of players) client.close();
  });

  it('both succeed when neither says what it saw: the check is the version, not luck', async () => {
    const { threadId } = await openThread(journey, business);
    const players = await Promise.all([
      liveClient(journey.nodes[0].url, business.people.admin.token),
      liveClient(journey.nodes[1].url, business.people.lead.token),
    ]);
    const answers = await Promise.all(
      players.map((client) => client.send('thread:assign', { threadId, assigneeId: client.ready[0]?.member.id })),
    );
    expect(answers.map(({ ok }) => ok)).toEqual([true, true]);
    for (const client of players) client.close();
  });
});
