import { randomUUID } from 'node:crypto';
import type { Socket as NetSocket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { InboxError } from '../../src/contract/errors.ts';
import type { EventsFrame } from '../../src/contract/events.ts';
import type { Caller } from '../../src/inbox/command.ts';
import { metrics } from '../../src/platform/metrics.ts';
import { liveClient, openClient, refusedCode, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam, customerWrites, touch, type TestTenant } from '../support/inbox.ts';
import { hire, startNode, testSessions, type Person, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
let node: TestNode;
let team: TestTenant;
let boss: Person;
/** Commands that the test holds back. */
const held: (() => void)[] = [];
let hold = false;
const clients: TestClient[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  node = await startNode(db, testRedisUrl(), {
    name: 'node-c',
    expiryGraceMs: 500,
    wrap: (execute) => async (name, input, caller) => {
      if (name === 'note:add') throw new Error('a defect in a handler');
      if (name === 'thread:read') throw new InboxError('not_found', 'There is no such thread.');
      if (hold) await new Promise<void>((resolve) => held.push(resolve));
      return await execute(name, input, caller);
    },
  });
  team = await createTeam(db.database);
  boss = await hire(db.database, team.tenantId, 'manager');
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await node.stop();
  await db.drop();
});

async function connect(token = boss.token, on: TestNode = node): Promise<TestClient> {
  const client = await liveClient(on.url, token);
  clients.push(client);
  return client;
}

async function slowClients(): Promise<number> {
  return (await metrics.realtimeSlowClients.get()).values[0]?.value ?? 0;
}

describe('commands', () => {
  test('are answered after commit with the position of their own events', async () => {
    const { threadId } = await customerWrites(db.database, team);
    const client = await connect();
    const answer = await client.send('thread:set-tags', { threadId, add: ['vip'], commandId: randomUUID() });
    expect(answer).toMatchObject({ ok: true, data: { thread: { id: threadId, tags: ['vip'] } } });
    if (!answer.ok || answer.cursor === undefined) throw new Error('no cursor');
    const { seq } = answer.cursor;
    await waitFor(() => client.events().some((event) => event.seq === seq));
  });

  test('answer a refusal, a broken input and a defect without ending the connection', async () => {
    const client = await connect();
    const code = async (name: string, input: unknown): Promise<string> => {
      const answer = await client.send(name, input);
      return answer.ok ? 'ok' : answer.error.code;
    };
    expect(await code('thread:read', {})).toBe('not_found');
    expect(await code('thread:open', { threadId: 'x' })).toBe('invalid_input');
    expect(await code('thread:open', null)).toBe('invalid_input');
    expect(await code('note:add', {})).toBe('internal');
    client.socket.emit('no:such-command', {}, () => undefined);
    client.socket.emit('inbox:snapshot');
    client.socket.emit('inbox:snapshot', {}, 'not a function');
    expect(await code('inbox:snapshot', {})).toBe('ok');
  });

  test('are limited per connection, and say when to try again', async () => {
    const client = await connect();
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => client.send('presence:set', { state: 'online' })),
    );
    const refused = answers.filter((answer) => !answer.ok);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ error: { code: 'rate_limited' } });
    expect((refused[0] as { error: { details: { retryAfterMs: number } } }).error.details.retryAfterMs).toBeGreaterThan(
      0,
    );
  });

  test('larger than 1 MB end the connection, and nobody else notices', async () => {
    const [client, other] = [await connect(), await connect()];
    client.socket.emit('note:add', { text: 'x'.repeat(1100 * 1024) });
    await waitFor(() => !client.socket.connected);
    expect((await other.send('inbox:snapshot', {})).ok).toBe(true);
  });
});

describe('a session', () => {
  /** A connection whose token ends after `ttlMs`; null where it has ended before the connection was there. */
  async function shortLived(ttlMs: number): Promise<TestClient | null> {
    const client = openClient(node.url, { token: testSessions(db.database).issue(boss.userId, ttlMs).token });
    clients.push(client);
    let refused = false;
    client.socket.once('connect_error', () => (refused = true));
    await waitFor(() => refused || client.ready.length > 0, { what: 'ready, or a refusal' });
    return client.socket.connected ? client : null;
  }

  /** Does `work` before the token of its connection ends: a busy machine is given twice the time until it is enough. */
  async function inTime(
    work: (client: TestClient) => Promise<unknown>,
    fromMs = 1000,
  ): Promise<{ readonly client: TestClient; readonly ttlMs: number }> {
    for (let ttlMs = fromMs; ; ttlMs *= 2) {
      const client = await shortLived(ttlMs);
      if (client === null) continue;
      const over = new Promise<'over'>((resolve) => {
        client.socket.once('disconnect', () => {
          resolve('over');
        });
      });
      if ((await Promise.race([work(client), over])) !== 'over') return { client, ttlMs };
    }
  }

  test('ends with its token, after a grace', async () => {
    const { client } = await inTime(() => Promise.resolve());
    await waitFor(() => !client.socket.connected);
    expect(client.goodbyes).toEqual([{ reason: 'expired' }]);
  });

  test('goes on when renewed by the same person, and not by anybody else', async () => {
    const stranger = await hire(db.database, team.tenantId, 'manager');
    const tokens = [stranger.token, 'nonsense', boss.token];
    const codes: string[] = [];
    const { client, ttlMs } = await inTime(async (one) => {
      const answers = await Promise.all(tokens.map((token) => one.send('session:renew', { token })));
      codes.push(...answers.map((answer) => (answer.ok ? 'ok' : answer.error.code)));
    });
    expect(codes).toEqual(['forbidden', 'unauthenticated', 'ok']);
    const { client: control } = await inTime(() => Promise.resolve(), ttlMs);
    await waitFor(() => !control.socket.connected);
    expect(client.socket.connected).toBe(true);
  });
});

describe('a client that stops reading', () => {
  test('is cut while others go on, and loses nothing when it comes back', async () => {
    const { threadId } = await customerWrites(db.database, team);
    // 20 KB per event, so that the kernel's buffers are full before the limit of a replay is reached.
    const tags = Array.from({ length: 400 }, (_, index) => String(index).padEnd(50, 'x'));
    await db.database.run('test.tags', (sql) => sql`update threads set tags = ${tags} where id = ${threadId}`);
    const [slow, quick] = [await connect(), await connect()];
    const cursor = slow.ready[0]?.cursor ?? null;
    (slow.socket.io.engine.transport as unknown as { ws: { _socket: NetSocket } }).ws._socket.pause();
    const before = await slowClients();
    let written = 0;
    const isCut = async (): Promise<boolean> => {
      if (written < 1900) written += (await touch(db.database, team.tenantId, threadId, 50)).length;
      return (await slowClients()) > before;
    };
    await waitFor(isCut, { deadlineMs: 30_000, what: 'the cut' });
    const head = (cursor?.seq ?? 0) + written;
    await waitFor(() => (quick.frames.at(-1)?.to ?? 0) >= head, { what: 'the other client' });
    expect(quick.socket.connected).toBe(true);
    const back = openClient(node.url, { token: boss.token, cursor });
    clients.push(back);
    await waitFor(() => back.ready.length > 0);
    expect(back.resyncs).toEqual([]);
    expect(back.events().length).toBe(written);
  });
});

describe('drain', () => {
  test('says goodbye with a time to come back, answers what is in hand, refuses what is new', async () => {
    const leaving = await startNode(db, testRedisUrl(), {
      name: 'node-d',
      wrap: (execute) => async (name, input, caller) => {
        if (hold) await new Promise<void>((resolve) => held.push(resolve));
        return await execute(name, input, caller);
      },
    });
    const { threadId } = await customerWrites(db.database, team);
    const client = await connect(boss.token, leaving);
    hold = true;
    const answer = client.send('thread:set-tags', { threadId, add: ['held'], commandId: randomUUID() });
    await waitFor(() => held.length === 1);
    hold = false;
    const drained = leaving.realtime.drain();
    await waitFor(() => client.goodbyes.length === 1);
    expect(client.goodbyes[0]).toMatchObject({ reason: 'drain' });
    expect(client.goodbyes[0]?.retryAfterMs).toBeGreaterThanOrEqual(200);
    expect(client.goodbyes[0]?.retryAfterMs).toBeLessThanOrEqual(2000);
    expect(await client.send('inbox:snapshot', {})).toMatchObject({ error: { code: 'unavailable' } });
    expect(await refusedCode(leaving.url, { token: boss.token })).toBe('unavailable');
    for (const release of held.splice(0)) release();
    expect(await answer).toMatchObject({ ok: true });
    await drained;
    await waitFor(() => !client.socket.connected);
    await leaving.stop();
  });
});

describe('the feed for scripts', () => {
  const callerOf = (person: Person): Caller => ({ ...person, expiresAtMs: Date.now() + 60_000, session: null });

  test('replays, follows, and ends when the node drains', async () => {
    const own = await startNode(db, testRedisUrl(), { name: 'node-f' });
    const { threadId } = await customerWrites(db.database, team);
    const [frames, closed]: [EventsFrame[], string[]] = [[], []];
    const sink = {
      frame: (frame: EventsFrame) => frames.push(frame),
      resync: () => undefined,
      close: (reason: string) => closed.push(reason),
    };
    const at = (await connect()).ready[0]?.cursor ?? null;
    node.publish(await touch(db.database, team.tenantId, threadId, 3));
    const stop = await own.realtime.feed.subscribe(callerOf(boss), at, sink);
    expect(frames.flatMap((frame) => frame.events).length).toBe(3);
    node.publish(await touch(db.database, team.tenantId, threadId));
    await waitFor(() => frames.flatMap((frame) => frame.events).length === 4);
    await own.realtime.drain();
    expect(closed).toEqual(['drain']);
    stop();
    await own.stop();
  });

  test('refuses who is no longer a member', async () => {
    const nobody = { ...callerOf(boss), memberId: randomUUID() as Caller['memberId'] };
    const sink = { frame: () => undefined, resync: () => undefined, close: () => undefined };
    await expect(node.realtime.feed.subscribe(nobody, null, sink)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
