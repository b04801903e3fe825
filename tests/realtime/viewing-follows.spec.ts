/** Who views a thread is told to those who may see it now, whatever was said of it before. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ThreadId } from '../../src/contract/ids.ts';
import { viewedKey, viewingKey } from '../../src/inbox/presence/viewing.ts';
import { closeRedis, type RedisClient } from '../../src/platform/redis.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { assign, createTeam, customerWrites } from '../support/inbox.ts';
import { leased, withRenewals } from '../support/leases.ts';
import { hire, startNode, type NodeOptions, type Person, type TestNode } from '../support/node.ts';
import { connectRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
let node: TestNode;
/** Renews its leases. */
let renew: () => void;
let redis: RedisClient;
/** Opening a thread is answered when this is settled: meanwhile it may become somebody else's. */
let answered = Promise.resolve();
let openings = 0;
const clients: TestClient[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  const wrap: NodeOptions['wrap'] = (execute) => async (name, input, caller, inTurn) => {
    const executed = await execute(name, input, caller, inTurn);
    if (name !== 'thread:open') return executed;
    openings += 1;
    await answered;
    return executed;
  };
  const start = (): Promise<TestNode> => startNode(db, testRedisUrl(), { name: `viewing-${randomUUID()}`, wrap });
  ({ node, renew } = await withRenewals(start));
  redis = await connectRedis(testRedisUrl(), 'volatile');
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await Promise.all([node.stop(), closeRedis(redis)]);
  await db.drop();
});

async function connect(person: Person): Promise<TestClient> {
  const client = await liveClient(node.url, person.token);
  clients.push(client);
  return client;
}

/** An owner, a colleague who sees what is nobody's, and a thread that is. */
async function desk() {
  const team = await createTeam(db.database, 'own_and_unassigned');
  const owner = await hire(db.database, team.tenantId, 'agent');
  const colleague = await hire(db.database, team.tenantId, 'agent');
  const [mine, theirs] = [await connect(owner), await connect(colleague)];
  const { threadId } = await customerWrites(db.database, team);
  const take = async (): Promise<void> => {
    node.publish(await assign(db.database, team.tenantId, { threadId, to: owner.memberId }));
    await waitFor(() => theirs.events().some((event) => event.type === 'thread.removed'), { what: 'the assignment' });
  };
  return { team, owner, mine, theirs, threadId, take };
}

const toldOf = (client: TestClient, threadId: ThreadId): number =>
  client.viewing.filter((frame) => frame.threadId === threadId).length;

/** Somebody else's threads are told of before this: it is the last word to this client. */
async function lastWord(client: TestClient, other: ThreadId): Promise<void> {
  await client.send('thread:open', { threadId: other });
  await waitFor(() => toldOf(client, other) > 0, { what: 'a thread that they may see' });
}

test('who opens a thread that is given to somebody meanwhile is shown to those who may see it now', async () => {
  const { team, mine, theirs, threadId, take } = await desk();
  let goOn = (): void => undefined;
  answered = new Promise((resolve) => (goOn = resolve));
  const before = openings;
  const opened = mine.send('thread:open', { threadId });
  await waitFor(() => openings > before, { what: 'the opening' });
  await take();
  goOn();
  expect(await opened).toMatchObject({ ok: true });
  await waitFor(() => toldOf(mine, threadId) > 0, { what: 'who views it' });
  await mine.send('thread:close', { threadId });
  await waitFor(() => mine.viewing.at(-1)?.members.length === 0, { what: 'that nobody views it' });
  await lastWord(theirs, (await customerWrites(db.database, team)).threadId);
  expect(toldOf(theirs, threadId)).toBe(0);
});

test('that a killed node has a thread open no more is told to those who may see it now', async () => {
  const { team, owner, mine, theirs, threadId, take } = await desk();
  await take();
  // As a node wrote that had not heard of it yet, and died.
  const viewing = { key: viewingKey(team.tenantId, threadId), leases: [{ id: owner.memberId, value: 'viewing 1' }] };
  const viewed = { key: viewedKey(team.tenantId), leases: [{ id: threadId, value: '-' }] };
  await leased(redis, 'killed', [viewing, viewed]);
  // Whoever renews sets anew how long the whole is kept: by then the node has seen what was open.
  await redis.pexpire(viewed.key, 60_000);
  const isRenewed = async (): Promise<boolean> => {
    renew();
    return (await redis.pttl(viewed.key)) < 30_000;
  };
  await waitFor(isRenewed, { what: 'the node to renew' });
  await redis.del(viewing.key, viewed.key);
  const isTold = (): boolean => {
    renew();
    return toldOf(mine, threadId) > 0;
  };
  await waitFor(isTold, { what: 'the end of viewing' });
  await lastWord(theirs, (await customerWrites(db.database, team)).threadId);
  expect(toldOf(theirs, threadId)).toBe(0);
});
