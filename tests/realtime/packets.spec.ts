/** Whatever a client sends over its connection, whoever waits for an answer gets one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { liveClient, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam } from '../support/inbox.ts';
import { hire, startNode, type TestNode } from '../support/node.ts';

let db: TestDatabase;
let node: TestNode;
let client: TestClient;

beforeAll(async () => {
  db = await createTestDatabase();
  node = await startNode(db, testRedisUrl(), { name: 'node-p' });
  const team = await createTeam(db.database);
  client = await liveClient(node.url, (await hire(db.database, team.tenantId, 'agent')).token);
});
afterAll(async () => {
  client.close();
  await node.stop();
  await db.drop();
});

test('what is no command is answered, where somebody waits, and ends nothing', async () => {
  client.socket.emit('thread:erase', {});
  for (const name of ['thread:erase', 'constructor']) {
    expect(await client.send(name, {})).toMatchObject({ ok: false, error: { code: 'unsupported' } });
  }
  expect(await client.send('thread:list', {})).toMatchObject({ ok: true });
});

test('a command far larger than any can be is refused like any other', async () => {
  const answer = await client.send('thread:list', { q: 'x'.repeat(1_000_000) });
  expect(answer).toMatchObject({ ok: false, error: { code: 'invalid_input', details: [{ path: 'q' }] } });
});
