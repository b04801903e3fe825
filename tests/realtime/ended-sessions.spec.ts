/** A session that ends while something is looked up for it has ended. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addMember } from '../../src/inbox/team/admin.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { liveClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam, type TestTenant } from '../support/inbox.ts';
import { changePassword, startNode, testSessions, type TestNode } from '../support/node.ts';
import { newEmail } from '../support/staff.ts';
import { waitFor } from '../support/wait.ts';

const OWN = 'their-own-password';
const CHANGE = { current: OWN, next: 'the-next-password' };

let db: TestDatabase;
let team: TestTenant;
let node: TestNode;
/** What memberships were read and are not told yet, while it is not null. */
let held: (() => void)[] | null = null;

/** `database`, except that answers about memberships may be held back. */
function holding(database: Database): Database {
  const run: Database['run'] = async (name, query, options) => {
    const answer = await database.run(name, query, options);
    if (name === 'members.live' && held !== null) await new Promise<void>((resolve) => held?.push(resolve));
    return answer;
  };
  return { ...database, run };
}

beforeAll(async () => {
  db = await createTestDatabase();
  team = await createTeam(db.database);
  const own = { ...db, open: (options?: Parameters<TestDatabase['open']>[0]) => holding(db.open(options)) };
  node = await startNode(own, testRedisUrl(), { name: 'node-e' });
});
afterAll(async () => {
  await node.stop();
  await db.drop();
});

async function somebody() {
  const email = newEmail();
  const { tenantId } = team;
  const { memberId, userId } = await addMember(db.database, {
    tenantId,
    email,
    name: 'Pia',
    role: 'agent',
    password: OWN,
  });
  const login = async (): Promise<string> => (await testSessions(db.database).login(email, OWN)).token;
  return { ids: { tenantId, memberId, userId }, login };
}

test('a stream that was let in before is refused', async () => {
  const { ids, login } = await somebody();
  const token = await login();
  const caller = await testSessions(db.database).resolveCaller(token);
  expect(caller).toMatchObject(ids);
  await changePassword(db.database, token, CHANGE);
  const sink = { frame: () => undefined, resync: () => undefined, close: () => undefined };
  await expect(node.realtime.feed.subscribe(caller, null, sink)).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('a token of before does not prolong the session that was kept, whenever it was looked at', async () => {
  const { login } = await somebody();
  const token = await login();
  const [kept, other] = [await liveClient(node.url, token), await liveClient(node.url, await login())];
  held = [];
  const answer = kept.send('session:renew', { token });
  await waitFor(() => held?.length === 1);
  const changed = await changePassword(db.database, token, CHANGE);
  await waitFor(() => other.goodbyes.length === 1);
  const late = held;
  held = null;
  for (const tell of late) tell();
  expect(await answer).toMatchObject({ ok: false, error: { code: 'unauthenticated' } });
  expect(await kept.send('session:renew', { token: changed.token })).toMatchObject({ ok: true });
  for (const client of [kept, other]) client.close();
});
