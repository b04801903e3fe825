/** A saved reply reaches everybody on the team while they are connected, and who was not, when they come back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Event } from '../../src/contract/events.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam } from '../support/inbox.ts';
import { hire, startNode, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
let nodes: readonly [TestNode, TestNode];
const clients: TestClient[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  nodes = [await startNode(db, testRedisUrl(), { name: 'a' }), await startNode(db, testRedisUrl(), { name: 'b' })];
});
afterAll(async () => {
  for (const client of clients) client.close();
  await Promise.all(nodes.map((node) => node.stop()));
  await db.drop();
});

const connect = async (...given: Parameters<typeof liveClient>): Promise<TestClient> => {
  const client = await liveClient(...given);
  clients.push(client);
  return client;
};

const toldOf = (client: TestClient): Event[] =>
  client.events().filter(({ type }) => type === 'saved-reply.updated' || type === 'saved-reply.removed');

test('live on every node, to every role of the business and to nobody else, and after a break from the cursor', async () => {
  const [team, other] = [await createTeam(db.database, 'own'), await createTeam(db.database)];
  const [lead, agent, stranger] = [
    await hire(db.database, team.tenantId, 'manager'),
    await hire(db.database, team.tenantId, 'agent'),
    await hire(db.database, other.tenantId, 'manager'),
  ];
  const [a, b] = nodes;
  const boss = await connect(a.url, lead.token);
  const ana = await connect(b.url, agent.token);
  const elsewhere = await connect(b.url, stranger.token);

  const saved = await boss.send('saved-reply:create', { shortcut: 'Hello', text: 'Hi {{customer.name}}' });
  expect(saved).toMatchObject({ ok: true, data: { savedReply: { shortcut: 'hello', version: 1 } } });
  const data = saved.ok ? (saved.data as { savedReply: { id: string } }) : null;
  for (const client of [boss, ana]) {
    await waitFor(() => toldOf(client).length === 1, { what: 'the event' });
    expect(toldOf(client)[0]).toMatchObject({ type: 'saved-reply.updated', data });
  }

  const last = ana.frames.at(-1);
  ana.close();
  const savedReplyId = data?.savedReply.id;
  await boss.send('saved-reply:update', { savedReplyId, text: 'Good day' });
  await boss.send('saved-reply:remove', { savedReplyId });
  const again = await connect(a.url, agent.token, { epoch: last?.epoch ?? '', seq: last?.to ?? 0 });
  await waitFor(() => toldOf(again).length === 2, { what: 'what was missed' });
  expect(toldOf(again).map(({ type, data: what }) => [type, what])).toMatchObject([
    ['saved-reply.updated', { savedReply: { id: savedReplyId, text: 'Good day', version: 2 } }],
    ['saved-reply.removed', { savedReplyId }],
  ]);
  expect(again.resyncs).toEqual([]);

  // Their own comes after whatever they might have been told of.
  await elsewhere.send('saved-reply:create', { shortcut: 'theirs', text: 'Theirs' });
  await waitFor(() => toldOf(elsewhere).length > 0, { what: 'their own event' });
  expect(toldOf(elsewhere).map(({ data: what }) => what)).toMatchObject([{ savedReply: { shortcut: 'theirs' } }]);
});
