import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClient, refusedCode, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam } from '../support/inbox.ts';
import { hire, startNode, type Person, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

const MOST = 3;

let db: TestDatabase;
let node: TestNode;
let greedy: Person;
let colleague: Person;

beforeAll(async () => {
  db = await createTestDatabase();
  node = await startNode(db, testRedisUrl(), { name: 'limited', maxConnectionsPerMember: MOST });
  const { tenantId } = await createTeam(db.database);
  greedy = await hire(db.database, tenantId, 'agent');
  colleague = await hire(db.database, tenantId, 'agent');
});
afterAll(async () => {
  await node.stop();
  await db.drop();
});

/** Null for who is refused. */
async function connect({ token }: Person): Promise<TestClient | null> {
  const client = openClient(node.url, { token });
  const refusals: Error[] = [];
  client.socket.on('connect_error', (error) => refusals.push(error));
  await waitFor(() => refusals.length + client.ready.length > 0, { what: 'ready, or a refusal' });
  return refusals.length > 0 ? null : client;
}

test('a member who has all connections that are allowed gets no more, keeps those, and takes nobody else’s', async () => {
  const open = await Promise.all(Array.from({ length: MOST }, () => connect(greedy)));
  expect(await refusedCode(node.url, { token: greedy.token })).toBe('rate_limited');
  expect(open.map((client) => client?.socket.connected)).toEqual(Array<boolean>(MOST).fill(true));
  const other = await connect(colleague);
  expect(other).not.toBeNull();

  open[0]?.close();
  const again = await waitFor(() => connect(greedy));
  for (const client of [...open, other, again]) client?.close();
});

test('many that come at once are counted one by one', async () => {
  const fresh = await hire(db.database, greedy.tenantId, 'agent');
  const clients = await Promise.all(Array.from({ length: 4 * MOST }, () => connect(fresh)));
  expect(clients.filter((client) => client !== null)).toHaveLength(MOST);
  for (const client of clients) client?.close();
});
