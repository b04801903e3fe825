/** Whoever is in a business that is erased is out of it at once, wherever they are connected. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listMemberships } from '../../src/inbox/team/user-queries.ts';
import { eraseTenant } from '../../src/inbox/tenants/erase-tenant.ts';
import { liveClient, refusedCode, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam, customerWrites } from '../support/inbox.ts';
import { hire, startNode, type Person, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
let node: TestNode;
/** Hears no hints. */
let deaf: TestNode;

beforeAll(async () => {
  db = await createTestDatabase();
  node = await startNode(db, testRedisUrl(), { name: 'node-a' });
  deaf = await startNode(db, testRedisUrl(), { name: 'node-deaf', throughHints: () => () => () => undefined });
});
afterAll(async () => {
  await Promise.all([node.stop(), deaf.stop()]);
  await db.drop();
});

test('every session ends, hints or not; nobody comes in, and nobody else is disturbed', async () => {
  const [team, other] = [await createTeam(db.database, 'all'), await createTeam(db.database, 'all')];
  const people: Person[] = [];
  for (const role of ['tenant_admin', 'manager', 'agent', 'agent'] as const)
    people.push(await hire(db.database, team.tenantId, role));
  const neighbour = await hire(db.database, other.tenantId, 'agent');
  const clients: TestClient[] = [];
  for (const [at, { token }] of people.entries())
    clients.push(await liveClient((at % 2 === 0 ? node : deaf).url, token));
  const beside = await liveClient(node.url, neighbour.token);

  const { logged } = await db.database.transaction('test.erase', (tx) =>
    eraseTenant(tx, { tenant: team.tenantId, confirm: 'Test' }),
  );
  node.publish(logged);
  for (const client of clients) {
    await waitFor(() => !client.socket.connected);
    expect(client.goodbyes).toEqual([{ reason: 'revoked' }]);
  }
  for (const { token, userId } of people) {
    expect(await refusedCode(node.url, { token, tenantId: team.tenantId })).toBe('forbidden');
    expect(await listMemberships(db.database, userId)).toEqual([]);
  }
  node.publish((await customerWrites(db.database, other)).logged);
  await waitFor(() => beside.events().some(({ type }) => type === 'message.created'));
  expect(beside.goodbyes).toEqual([]);
  beside.close();
});
