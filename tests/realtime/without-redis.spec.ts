import { afterAll, beforeAll, expect, test } from 'vitest';
import { liveClient, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createTeam, customerWrites, touch } from '../support/inbox.ts';
import { hire, startNode, type TestNode } from '../support/node.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
let redis: TestRedis;
let node: TestNode;

beforeAll(async () => {
  [db, redis] = await Promise.all([createTestDatabase(), startTestRedis()]);
  node = await startNode(db, redis.url, { name: 'alone' });
});
afterAll(async () => {
  await node.stop();
  await Promise.all([db.drop(), redis.drop()]);
});

test('while Redis is away everything durable arrives, people connect, and afterwards all is as before', async () => {
  const team = await createTeam(db.database);
  const [a, b] = [await hire(db.database, team.tenantId, 'manager'), await hire(db.database, team.tenantId, 'manager')];
  const first = await liveClient(node.url, a.token);
  const { threadId } = await customerWrites(db.database, team);
  await waitFor(() => first.events().length >= 2);
  const sees = (client: TestClient, memberId: string): boolean =>
    client.presence.some((frame) => frame.members.some((member) => member.memberId === memberId));

  await redis.kill();
  const second = await liveClient(node.url, b.token, first.ready[0]?.cursor ?? null);
  expect(second.events().length).toBe(2);
  await touch(db.database, team.tenantId, threadId, 3);
  for (const client of [first, second]) await waitFor(() => client.events().length === 5);
  expect((await second.send('thread:open', { threadId })).ok).toBe(true);
  expect((await second.send('typing:set', { threadId, typing: true })).ok).toBe(true);
  await waitFor(() => first.typing.length === 1);
  await waitFor(() => first.viewing.length > 0);
  await waitFor(() => sees(first, b.memberId), { what: 'presence of this node' });

  await redis.restart();
  const third = await hire(db.database, team.tenantId, 'agent');
  const late = await liveClient(node.url, third.token);
  await waitFor(() => sees(late, a.memberId) && sees(late, b.memberId), { deadlineMs: 20_000, what: 'presence again' });
  for (const client of [first, second, late]) client.close();
});
