/** A defect in telling an event costs a snapshot, and nobody misses what stands beside it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { liveClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam, customerWrites, touch } from '../support/inbox.ts';
import { hire, startNode, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
let node: TestNode;
beforeAll(async () => {
  db = await createTestDatabase();
  // Without hints both events are read, and told, together.
  node = await startNode(db, testRedisUrl(), { name: 'untellable', throughHints: () => () => () => undefined });
});
afterAll(async () => {
  await node.stop();
  await db.drop();
});

test('an event that cannot be told is a resync for everybody here, and they go on from there', async () => {
  const team = await createTeam(db.database);
  const boss = await hire(db.database, team.tenantId, 'manager');
  const { threadId } = await customerWrites(db.database, team);
  const client = await liveClient(node.url, boss.token);
  await db.database.run(
    'test.defect',
    (sql) => sql`
      with grown as (update tenant_logs set head = head + 1 where tenant_id = ${team.tenantId} returning head)
      insert into tenant_events (tenant_id, seq, at, type, created, data)
      select ${team.tenantId}, g.head, now(), 'member.updated', false, '{}' from grown g`,
  );
  await touch(db.database, team.tenantId, threadId);
  await waitFor(() => client.resyncs.length === 1);
  await touch(db.database, team.tenantId, threadId);
  await waitFor(() => client.events().some(({ type }) => type === 'thread.updated'));
  expect(client.resyncs).toEqual([{ reason: 'too-old' }]);
  client.close();
});
