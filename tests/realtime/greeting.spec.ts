/** Who leads is told on connecting who views what already. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Viewing } from '../../src/contract/socket.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { assign, createTeam, customerWrites } from '../support/inbox.ts';
import { hire, startNode, type Person, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
let one: TestNode;
let two: TestNode;
const clients: TestClient[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  one = await startNode(db, testRedisUrl(), { name: `one-${randomUUID()}` });
  two = await startNode(db, testRedisUrl(), { name: `two-${randomUUID()}` });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await db.drop();
});

async function connect(on: TestNode, person: Person): Promise<TestClient> {
  const client = await liveClient(on.url, person.token);
  clients.push(client);
  return client;
}

describe('typing and viewing', () => {
  test('are told to a lead who comes later, on whichever node, and to no agent who may not see it', async () => {
    const team = await createTeam(db.database, 'own');
    const owner = await hire(db.database, team.tenantId, 'agent');
    const [boss, colleague] = [
      await hire(db.database, team.tenantId, 'manager'),
      await hire(db.database, team.tenantId, 'agent'),
    ];
    const { threadId } = await customerWrites(db.database, team);
    await assign(db.database, team.tenantId, { threadId, to: owner.memberId });
    const mine = await connect(one, owner);
    await mine.send('thread:open', { threadId });
    await waitFor(() => mine.viewing.length > 0);
    const [here, elsewhere, other] = [
      await connect(one, boss),
      await connect(two, boss),
      await connect(one, colleague),
    ];
    const told = { threadId, members: [expect.objectContaining({ memberId: owner.memberId, state: 'viewing' })] };
    await waitFor(() => here.viewing.length > 0);
    expect(here.viewing).toEqual([told]);
    await waitFor(() => elsewhere.viewing.length > 0);
    expect(elsewhere.viewing[0]).toEqual(told);
    expect(other.viewing).toEqual([]);
  });

  test('are told to a lead who connects to another node, however short ago a thread was opened', async () => {
    const team = await createTeam(db.database, 'own');
    const owner = await hire(db.database, team.tenantId, 'agent');
    const boss = await hire(db.database, team.tenantId, 'manager');
    const { threadId } = await customerWrites(db.database, team);
    await assign(db.database, team.tenantId, { threadId, to: owner.memberId });
    const mine = await connect(one, owner);
    await mine.send('thread:open', { threadId });
    await waitFor(() => mine.viewing.length > 0);
    const come = await connect(two, boss);
    await waitFor(() => come.viewing.length > 0, { what: 'the lead to be told' });
    expect(come.viewing[0]?.members.map(({ memberId }) => memberId)).toEqual([owner.memberId]);
  });

  test('are told once to a lead who connects, on however many nodes a thread is open', async () => {
    const team = await createTeam(db.database, 'own');
    const [owner, boss, other] = [
      await hire(db.database, team.tenantId, 'agent'),
      await hire(db.database, team.tenantId, 'manager'),
      await hire(db.database, team.tenantId, 'manager'),
    ];
    const { threadId } = await customerWrites(db.database, team);
    await assign(db.database, team.tenantId, { threadId, to: owner.memberId });
    const [mine, theirs] = [await connect(one, owner), await connect(two, other)];
    await mine.send('thread:open', { threadId });
    await waitFor(() => mine.viewing.length > 0);
    await theirs.send('thread:open', { threadId });
    const ofBoth = (): number => mine.viewing.filter(({ members }) => members.length === 2).length;
    await waitFor(() => ofBoth() > 0);
    // Else the first node finds at a renewal who is there too, and tells it everybody, who has just come as well.
    const before = ofBoth();
    await mine.send('thread:open', { threadId });
    await waitFor(() => ofBoth() > before);
    const come = await connect(one, boss);
    await waitFor(() => come.viewing.length > 0);
    await mine.send('typing:set', { threadId, typing: true });
    const isReplying = ({ members }: Viewing): boolean => members.some(({ state }) => state === 'replying');
    await waitFor(() => come.viewing.some(isReplying));
    const told = come.viewing.slice(0, come.viewing.findIndex(isReplying) + 1);
    expect(told.map(({ members }) => members.length)).toEqual([2, 2]);
  });
});
