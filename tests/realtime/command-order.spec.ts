/** What one connection asks for one conversation, without waiting for answers, happens in the order of asking. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { ThreadId } from '../../src/contract/ids.ts';
import type { ExecuteCommand } from '../../src/inbox/command.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam, customerWrites } from '../support/inbox.ts';
import { hire, startNode, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
let node: TestNode;
const clients: TestClient[] = [];
/** Commands that were begun, and what lets `thread:assign` go on. */
const begun: string[] = [];
let letAssign = (): void => undefined;
let mayAssign = Promise.resolve();

const slowAssign =
  (execute: ExecuteCommand): ExecuteCommand =>
  async (name, input, caller, inTurn = (_threadId, begin) => begin()) =>
    await execute(name, input, caller, (threadId, begin) =>
      inTurn(threadId, async () => {
        begun.push(name);
        if (name === 'thread:assign') await mayAssign;
        return await begin();
      }),
    );

beforeAll(async () => {
  db = await createTestDatabase();
  node = await startNode(db, testRedisUrl(), { name: `order-${randomUUID()}`, wrap: slowAssign });
});
afterEach(() => {
  vi.restoreAllMocks();
  letAssign();
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await node.stop();
  await db.drop();
});

interface Desk {
  readonly client: TestClient;
  readonly memberId: string;
  readonly threads: readonly [ThreadId, ThreadId];
}

/** An agent with two conversations; the next `thread:assign` takes until it is let on. */
async function openDesk(on = node): Promise<Desk> {
  const team = await createTeam(db.database, 'all');
  const { token, memberId } = await hire(db.database, team.tenantId, 'manager');
  const threads = [await customerWrites(db.database, team), await customerWrites(db.database, team)] as const;
  await db.database.run(
    'test.open_windows',
    (sql) => sql`update threads set window_expires_at = now() + interval '1 day' where tenant_id = ${team.tenantId}`,
  );
  const client = await liveClient(on.url, token);
  clients.push(client);
  begun.length = 0;
  mayAssign = new Promise((resolve) => (letAssign = resolve));
  return { client, memberId, threads: [threads[0].threadId, threads[1].threadId] };
}

const sendTo = (threadId: ThreadId): object => ({ threadId, kind: 'text', text: 'hello' });

test('commands of different kinds follow each other, also where the first one takes long', async () => {
  const { client, memberId, threads } = await openDesk();
  const [threadId] = threads;
  const all = [
    client.send('thread:assign', { threadId, assigneeId: memberId }),
    client.send('message:send', sendTo(threadId)),
    client.send('thread:set-status', { threadId: threadId.toUpperCase(), status: 'resolved' }),
    client.send('note:add', { threadId, text: 'done' }),
  ];
  // Answered after everything that was sent before it was begun, or waits.
  await client.send('thread:list', {});
  expect(begun).toEqual(['thread:assign', 'thread:list']);
  letAssign();
  expect((await Promise.all(all)).map(({ ok }) => ok)).toEqual([true, true, true, true]);
  await waitFor(() => client.events().some(({ type }) => type === 'note.created'));
  const told = client.events().flatMap((event) => {
    if (event.type === 'member.updated') return [];
    if (event.type !== 'thread.updated') return event.type;
    const { assigneeId, status } = event.data.thread;
    return `${event.type} ${status} ${assigneeId === memberId ? 'mine' : 'nobody’s'}`;
  });
  expect(told).toEqual([
    'thread.updated open mine',
    'message.created',
    'thread.updated open mine',
    'thread.updated resolved mine',
    'note.created',
  ]);
});

test('no other conversation waits, nor typing, nor what only reads, nor another connection', async () => {
  const desk = await openDesk();
  const [held, free] = desk.threads;
  const waiting = desk.client.send('thread:assign', { threadId: held, assigneeId: desk.memberId });
  const other = await liveClient(node.url, (await hireBeside(desk)).token);
  clients.push(other);
  const answers = await Promise.all([
    desk.client.send('message:send', sendTo(free)),
    desk.client.send('typing:set', { threadId: held, typing: true }),
    desk.client.send('thread:messages', { threadId: held }),
    other.send('note:add', { threadId: held, text: 'meanwhile' }),
  ]);
  expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, true]);
  letAssign();
  expect(await waiting).toMatchObject({ ok: true });
});

test('one that is refused holds up none of those behind it', async () => {
  const { client, threads } = await openDesk();
  const [threadId] = threads;
  letAssign();
  const answers = await Promise.all([
    client.send('thread:assign', { threadId, assigneeId: randomUUID() }),
    client.send('note:add', { threadId }),
    client.send('note:add', { threadId, text: 'goes on' }),
  ]);
  expect(answers.map(({ ok }) => ok)).toEqual([false, false, true]);
});

test('one whose input is wrong is told so at once and waits for nothing', async () => {
  const { client, memberId, threads } = await openDesk();
  const [threadId] = threads;
  const first = client.send('thread:assign', { threadId, assigneeId: memberId });
  const wrong = await client.send('note:add', { threadId, text: '' });
  expect(wrong).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
  letAssign();
  expect(await first).toMatchObject({ ok: true });
});

test('those that wait are refused at once when the server shuts down, and what has begun is answered', async () => {
  const leaving = await startNode(db, testRedisUrl(), { name: `leaving-${randomUUID()}`, wrap: slowAssign });
  const { client, memberId, threads } = await openDesk(leaving);
  const [threadId] = threads;
  const first = client.send('thread:assign', { threadId, assigneeId: memberId });
  const waiting = ['one', 'two'].map((words) => client.send('note:add', { threadId, text: words }));
  await client.send('thread:list', {});
  const drained = leaving.realtime.drain();
  const refused = { ok: false, error: { code: 'unavailable' } };
  expect(await Promise.all(waiting)).toMatchObject([refused, refused]);
  letAssign();
  expect(await first).toMatchObject({ ok: true });
  await drained;
  expect(begun).not.toContain('note:add');
  await leaving.stop();
});

test('those that waited longer than one command may take are refused, to be sent again', async () => {
  const { client, memberId, threads } = await openDesk();
  const [threadId] = threads;
  const first = client.send('thread:assign', { threadId, assigneeId: memberId });
  const second = client.send('note:add', { threadId, text: 'again' });
  await client.send('thread:list', {});
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 9000);
  letAssign();
  expect(await first).toMatchObject({ ok: true });
  expect(await second).toMatchObject({ ok: false, error: { code: 'unavailable' } });
  expect(begun).not.toContain('note:add');
  expect(await client.send('note:add', { threadId, text: 'again' })).toMatchObject({ ok: true });
});

async function hireBeside({ client }: Desk): ReturnType<typeof hire> {
  return await hire(db.database, client.ready[0]!.tenant.id, 'manager');
}

test('no more wait for an answer than a connection may have waiting', async () => {
  const { client, memberId, threads } = await openDesk();
  const assign = { threadId: threads[0], assigneeId: memberId };
  const ask = (count: number) => Array.from({ length: count }, () => client.send('thread:assign', assign));
  const first = ask(40);
  await client.send('typing:set', { threadId: threads[1], typing: true });
  // By then the pace of a connection would allow as many again.
  const laterMs = systemClock.nowMs() + 10_000;
  vi.spyOn(systemClock, 'nowMs').mockReturnValue(laterMs);
  const later = ask(30);
  const refused = await Promise.race(later.map((asked, at) => asked.then((answer) => ({ at, answer }))));
  expect(refused).toMatchObject({ at: 24, answer: { ok: false, error: { code: 'rate_limited' } } });
  letAssign();
  const codes = (await Promise.all([...first, ...later])).map((answer) => (answer.ok ? 'ok' : answer.error.code));
  expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(6);
  expect(codes.slice(0, 64)).not.toContain('rate_limited');
});
