import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Presence, Typing, Viewing } from '../../src/contract/socket.ts';
import type { ContactId, MemberId, TenantId, ThreadId, UserId } from '../../src/contract/ids.ts';
import { publishContactTyping } from '../../src/inbox/presence/contact-typing.ts';
import { LEASE_RENEW_MS, syncLeases } from '../../src/inbox/presence/lease-set.ts';
import {
  createPresenceReader,
  foldPresence,
  presenceKey,
  stateSinceMs,
} from '../../src/inbox/presence/member-presence.ts';
import { viewedKey, viewingKey } from '../../src/inbox/presence/viewing.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { closeRedis, type RedisClient } from '../../src/platform/redis.ts';
import { PresenceBoard } from '../../src/realtime/presence-board.ts';
import { ThreadBoard } from '../../src/realtime/thread-board.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { assign, createTeam, customerWrites } from '../support/inbox.ts';
import { leased, leasesIn, withRenewals } from '../support/leases.ts';
import { silentLog } from '../support/log.ts';
import { hire, startNode, type Person, type TestNode } from '../support/node.ts';
import { connectRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
let one: TestNode;
/** Renews the leases of `one`. */
let renew: () => void;
let two: TestNode;
let redis: RedisClient;
const clients: TestClient[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  const start = (): Promise<TestNode> => startNode(db, testRedisUrl(), { name: `one-${randomUUID()}` });
  ({ node: one, renew } = await withRenewals(start));
  two = await startNode(db, testRedisUrl(), { name: `two-${randomUUID()}` });
  redis = await connectRedis(testRedisUrl(), 'volatile');
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await Promise.all([one.stop(), two.stop(), closeRedis(redis)]);
  await db.drop();
});

async function connect(on: TestNode, person: Person): Promise<TestClient> {
  const client = await liveClient(on.url, person.token);
  clients.push(client);
  return client;
}

/** The state of a member as the frames so far make it. */
function stateIn(client: TestClient, memberId: MemberId): string | undefined {
  return client.presence.flatMap((frame) => frame.members).findLast((member) => member.memberId === memberId)?.state;
}

/** How long a lease that was given now lives, ms. */
async function lifeOf(key: string, field: string): Promise<number> {
  return Number((await redis.hget(key, field))?.split('\n')[0]) - systemClock.nowMs();
}

/** As if the time of a lease were over. */
async function outlive(key: string, field: string): Promise<void> {
  await redis.hset(key, field, `1\n${(await redis.hget(key, field))?.split('\n')[1] ?? ''}`);
}

describe('presence', () => {
  test('everybody learns who is here, on whichever node, and who chose to be busy', async () => {
    const team = await createTeam(db.database);
    const [a, b] = [await hire(db.database, team.tenantId, 'agent'), await hire(db.database, team.tenantId, 'agent')];
    const first = await connect(one, a);
    await waitFor(() => stateIn(first, a.memberId) === 'online');
    const second = await connect(two, b);
    await waitFor(() => stateIn(second, a.memberId) === 'online');
    await waitFor(() => stateIn(first, b.memberId) === 'online');
    await second.send('presence:set', { state: 'busy' });
    await waitFor(() => stateIn(first, b.memberId) === 'busy');
    for (const frame of first.presence) Presence.parse(frame);
    expect(first.presence[0]?.full).toBe(true);
    const reader = createPresenceReader(redis, silentLog);
    // Nobody is known of where Redis does not answer in time.
    const states = await waitFor(async () => {
      const found = await reader.states(team.tenantId);
      return found.size > 0 && found;
    });
    expect(states).toEqual(
      new Map([
        [a.memberId, 'online'],
        [b.memberId, 'busy'],
      ]),
    );
  });

  test('a choice follows the member to another node; a reload does not look like leaving', async () => {
    const team = await createTeam(db.database);
    const [a, b] = [await hire(db.database, team.tenantId, 'agent'), await hire(db.database, team.tenantId, 'agent')];
    const watcher = await connect(one, a);
    const before = await connect(one, b);
    await before.send('presence:set', { state: 'away' });
    await waitFor(() => stateIn(watcher, b.memberId) === 'away');
    before.close();
    await connect(two, b);
    const fold = async (): Promise<number> =>
      (await leasesIn(redis, presenceKey(team.tenantId))).filter(
        ({ id, value }) => id === b.memberId && value.startsWith('away'),
      ).length;
    await waitFor(async () => (await fold()) === 2, { what: 'both nodes to know the choice' });
    await waitFor(async () => (await fold()) === 1, { what: 'the grace of the first node to end' });
    const seen = watcher.presence.flatMap((frame) => frame.members).filter((member) => member.memberId === b.memberId);
    expect(seen.map((member) => member.state)).not.toContain('offline');
    expect(seen.at(-1)?.state).toBe('away');
  });

  test('leaving is seen after a grace', async () => {
    const team = await createTeam(db.database);
    const [a, b] = [await hire(db.database, team.tenantId, 'agent'), await hire(db.database, team.tenantId, 'agent')];
    const watcher = await connect(one, a);
    const leaver = await connect(two, b);
    await waitFor(() => stateIn(watcher, b.memberId) === 'online');
    leaver.close();
    await waitFor(() => stateIn(watcher, b.memberId) === 'offline');
  });

  test('the leases of a node that was killed expire by the time of Redis', async () => {
    const key = presenceKey(randomUUID() as TenantId);
    await leased(redis, 'dead', [{ key, leases: [{ id: 'ghost', value: 'online 0 1' }] }]);
    await leased(redis, 'alive', [{ key, leases: [{ id: 'person', value: 'online 0 1' }] }]);
    await outlive(key, 'dead\nghost');
    expect((await leasesIn(redis, key)).map(({ id }) => id)).toEqual(['person']);
    const [alive] = await leased(redis, 'alive', [{ key, leases: [] }]);
    expect(alive).toEqual([]);
    expect(await redis.exists(key)).toBe(0);
  });

  test('renewing thousands of sets lets others at Redis in between', async () => {
    const leases = [{ id: 'person', value: 'online 0 1' }];
    // With new sets where a busy machine was too late for some.
    await waitFor(async () => {
      const keys = Array.from({ length: 1000 }, () => presenceKey(randomUUID() as TenantId));
      const shares = keys.map((key) => ({ key, leases }));
      const renewed = syncLeases(redis, 'busy', shares);
      // Redis answers a connection in order.
      expect(await redis.exists(...keys)).toBeLessThan(keys.length);
      expect(await renewed).toEqual(keys.map(() => leases));
      expect(await redis.exists(...keys)).toBe(keys.length);
      return true;
    });
  });

  test('a node that goes leases nothing and tells nobody after it has given up its leases', async () => {
    const team = await createTeam(db.database);
    const { tenantId, memberId } = await hire(db.database, team.tenantId, 'agent');
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const counts: Promise<unknown>[] = [];
    const database: Database = {
      ...db.database,
      asTenant: (...call) => {
        const count = held.then(() => db.database.asTenant(...call));
        counts.push(count);
        return count;
      },
    };
    const told: unknown[] = [];
    const board = new PresenceBoard({
      ...{ node: randomUUID(), redis, database, clock: systemClock, log: silentLog },
      emit: (_tenantId, frame) => told.push(frame),
      announce: (tenant) => told.push(tenant),
    });
    board.join(tenantId, memberId);
    await waitFor(() => counts.length > 0);
    await board.release();
    goOn();
    await Promise.all(counts);
    // Redis answers a connection in order: what was sent until now is done when the leases are read.
    await redis.ping();
    expect(await leasesIn(redis, presenceKey(tenantId))).toEqual([]);
    expect(told).toEqual([]);
  });

  test('is told since when it is so: since they came, or since they chose', () => {
    expect(stateSinceMs({ state: 'online', chosenMs: 0, sinceMs: 500 })).toBe(500);
    expect(stateSinceMs({ state: 'busy', chosenMs: 900, sinceMs: 500 })).toBe(900);
  });

  test('the latest choice wins over devices, and being here counts from the first', () => {
    const leases = [
      { id: 'm', value: 'online 0 500' },
      { id: 'm', value: 'busy 100 700' },
      { id: 'm', value: 'away 200 900' },
      { id: 'n', value: 'online 0 800' },
      { id: 'n', value: 'online 0 600' },
      { id: 'x', value: 'nonsense' },
    ];
    expect(Object.fromEntries(foldPresence(leases))).toEqual({
      m: { state: 'away', chosenMs: 200, sinceMs: 900 },
      n: { state: 'online', chosenMs: 0, sinceMs: 600 },
    });
  });
});

describe('typing and viewing', () => {
  test('reach those who may see the thread, on all nodes, and nobody else', async () => {
    const team = await createTeam(db.database, 'own');
    const [owner, colleague] = [
      await hire(db.database, team.tenantId, 'agent'),
      await hire(db.database, team.tenantId, 'agent'),
    ];
    const boss = await hire(db.database, team.tenantId, 'manager');
    const { threadId } = await customerWrites(db.database, team);
    await assign(db.database, team.tenantId, { threadId, to: owner.memberId });
    const [mine, theirs, lead] = [await connect(one, owner), await connect(two, colleague), await connect(two, boss)];
    await mine.send('thread:open', { threadId });
    await waitFor(() => lead.viewing.at(-1)?.members[0]?.memberId === owner.memberId);
    await lead.send('thread:open', { threadId });
    await waitFor(() => mine.viewing.at(-1)?.members.length === 2);
    await mine.send('typing:set', { threadId, typing: true });
    await waitFor(() => lead.typing.length === 1);
    await waitFor(
      () => lead.viewing.at(-1)?.members.find(({ memberId }) => memberId === owner.memberId)?.state === 'replying',
    );
    expect(lead.typing[0]).toMatchObject({ threadId, typing: true, by: { type: 'member', id: owner.memberId } });
    for (const frame of lead.typing) Typing.parse(frame);
    for (const frame of lead.viewing) Viewing.parse(frame);
    lead.close();
    await waitFor(() => mine.viewing.at(-1)?.members.length === 1);
    expect(mine.typing).toEqual([]);
    expect([theirs.typing, theirs.viewing]).toEqual([[], []]);
  });

  test('follow the assignment: who lost the thread neither sees nor is seen in it', async () => {
    const team = await createTeam(db.database, 'own');
    const [a, b] = [await hire(db.database, team.tenantId, 'agent'), await hire(db.database, team.tenantId, 'agent')];
    const { threadId } = await customerWrites(db.database, team);
    await assign(db.database, team.tenantId, { threadId, to: a.memberId });
    const [first, second] = [await connect(one, a), await connect(one, b)];
    await first.send('thread:open', { threadId });
    await waitFor(() => first.viewing.length > 0);
    one.publish(await assign(db.database, team.tenantId, { threadId, to: b.memberId }));
    await waitFor(() => first.events().some((event) => event.type === 'thread.removed'));
    await waitFor(() => second.viewing.at(-1)?.members.length === 0);
    const before = first.viewing.length;
    await second.send('thread:open', { threadId });
    await waitFor(() => second.viewing.at(-1)?.members.length === 1);
    await second.send('typing:set', { threadId, typing: true });
    await waitFor(() => second.viewing.at(-1)?.members[0]?.state === 'replying');
    expect(first.viewing.length).toBe(before);
    expect(first.typing).toEqual([]);
  });

  test('a node that goes leases no thread again after it has given up its leases', async () => {
    const [tenantId, threadId] = [randomUUID() as TenantId, randomUUID() as ThreadId];
    const ids = { tenantId, memberId: randomUUID() as MemberId, userId: randomUUID() as UserId };
    const caller = { ...ids, expiresAtMs: 0, session: null };
    const reader = { id: 'reader', caller, view: () => () => true };
    const board = new ThreadBoard({
      ...{ node: randomUUID(), redis, clock: systemClock, log: silentLog },
      ...{ emit: () => undefined, tenants: () => [] },
    });
    board.open(reader, { threadId, assigneeId: null });
    // While that is told to Redis: it has to be told again.
    board.typing(reader, { threadId, assigneeId: null }, true);
    await board.release();
    // Redis answers a connection in order: what was sent until now is done when the leases are read.
    await redis.ping();
    expect(await leasesIn(redis, viewingKey(tenantId, threadId))).toEqual([]);
  });

  test('end when the node on which a thread was open is killed', async () => {
    const team = await createTeam(db.database, 'own');
    const [owner, ghost] = [
      await hire(db.database, team.tenantId, 'agent'),
      await hire(db.database, team.tenantId, 'agent'),
    ];
    const { threadId } = await customerWrites(db.database, team);
    const client = await connect(one, owner);
    // What a gateway holds that will never say another word.
    const viewing = { key: viewingKey(team.tenantId, threadId), leases: [{ id: ghost.memberId, value: 'viewing 1' }] };
    const viewed = { key: viewedKey(team.tenantId), leases: [{ id: threadId, value: owner.memberId }] };
    await leased(redis, 'killed', [viewing, viewed]);
    const given = [viewing, viewed].map(({ key, leases }) => [key, `killed\n${leases[0]?.id ?? ''}`] as const);
    // All of it is gone everywhere within 30 s: noticed at a renewal after its end.
    for (const lease of given) expect(await lifeOf(...lease)).toBeLessThanOrEqual(30_000 - LEASE_RENEW_MS);
    // Whoever renews sets anew how long the whole is kept: by then the node has seen what was open.
    await redis.pexpire(viewed.key, 60_000);
    const isRenewed = async (): Promise<boolean> => {
      renew();
      return (await redis.pttl(viewed.key)) < 30_000;
    };
    await waitFor(isRenewed, { what: 'the node to renew' });
    for (const lease of given) await outlive(...lease);
    const isOver = (): boolean => {
      renew();
      return client.viewing.at(-1)?.members.length === 0;
    };
    await waitFor(isOver, { what: 'the end of viewing' });
    expect(client.viewing.at(-1)?.threadId).toBe(threadId);
  });

  test('a customer who types is shown to those who may see the thread', async () => {
    const team = await createTeam(db.database, 'own');
    const [owner, colleague] = [
      await hire(db.database, team.tenantId, 'agent'),
      await hire(db.database, team.tenantId, 'agent'),
    ];
    const { threadId } = await customerWrites(db.database, team);
    const [mine, theirs] = [await connect(one, owner), await connect(two, colleague)];
    const publisher = { publish: (channel: string, payload: string) => void redis.publish(channel, payload) };
    const typing = { tenantId: team.tenantId, threadId, contactId: randomUUID() as ContactId, forMs: 10_000 };
    publishContactTyping(publisher, { ...typing, assigneeId: owner.memberId, typing: true });
    await waitFor(() => mine.typing.length === 1);
    expect(mine.typing[0]?.by).toEqual({ type: 'contact', id: typing.contactId });
    publishContactTyping(publisher, { ...typing, assigneeId: colleague.memberId, typing: false });
    await waitFor(() => theirs.typing.length === 1);
    expect(theirs.typing[0]?.typing).toBe(false);
    expect(mine.typing.length).toBe(1);
  });
});
