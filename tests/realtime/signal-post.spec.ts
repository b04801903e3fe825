/** Typing and viewing reach everybody who may see it once and in order, however it is cut into slices. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import { io as connectTo, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { MemberId, ThreadId } from '../../src/contract/ids.ts';
import type { ThreadSignal } from '../../src/contract/jobs.ts';
import type { Typing, Viewing } from '../../src/contract/socket.ts';
import { metrics } from '../../src/platform/metrics.ts';
import { Door } from '../../src/realtime/door.ts';
import { createIoServer } from '../../src/realtime/io-server.ts';
import { SLOW_ROOM } from '../../src/realtime/rooms.ts';
import { SignalPost } from '../../src/realtime/signal-post.ts';
import { watchSlowClients } from '../../src/realtime/slow-clients.ts';
import type { InboxSocket } from '../../src/realtime/types.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { assign, createTeam, customerWrites } from '../support/inbox.ts';
import { silentLog } from '../support/log.ts';
import { hire, startNode, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

const turn = (): Promise<void> => new Promise(setImmediate);

describe('a business with sockets on two nodes', () => {
  const SOCKETS = 8;
  const SIGNALS = 6;
  let db: TestDatabase;
  let nodes: TestNode[];
  const clients: TestClient[] = [];

  beforeAll(async () => {
    db = await createTestDatabase();
    const signals = { perTurn: 3, slice: 2, waiting: 32 };
    nodes = await Promise.all(
      ['a', 'b'].map((name) => startNode(db, testRedisUrl(), { name: `${name}-${randomUUID()}`, signals })),
    );
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await db.drop();
  });

  interface Business {
    readonly threads: readonly ThreadId[];
    /** Sockets of people who see everything, on both nodes in turn; the first two type. */
    readonly leads: readonly TestClient[];
    /** Sees the first thread only. */
    readonly agent: TestClient;
  }

  async function connect(on: TestNode | undefined, token: string): Promise<TestClient> {
    const client = await liveClient(on?.url ?? '', token);
    clients.push(client);
    return client;
  }

  async function openBusiness(): Promise<Business> {
    const team = await createTeam(db.database, 'own');
    const people = [0, 1].map(() => hire(db.database, team.tenantId, 'manager'));
    const [first, second] = await Promise.all(people);
    const agent = await hire(db.database, team.tenantId, 'agent');
    const threads: ThreadId[] = [];
    while (threads.length < SIGNALS) threads.push((await customerWrites(db.database, team)).threadId);
    await assign(db.database, team.tenantId, { threadId: threads[0]!, to: agent.memberId });
    const tokens = Array.from({ length: SOCKETS }, (_, index) => (index % 2 === 0 ? first! : second!).token);
    return {
      threads,
      leads: await Promise.all(tokens.map((token, index) => connect(nodes[index % 2], token))),
      agent: await connect(nodes[1], agent.token),
    };
  }

  /** The first two leads at once, each in one thread after the other. */
  async function everybodyTypes({ threads, leads }: Business): Promise<void> {
    const typists = leads.slice(0, 2).map(async (lead) => {
      for (const threadId of threads) await lead.send('typing:set', { threadId, typing: true });
    });
    await Promise.all(typists);
  }

  /** What the sockets were told, by typist, against what they should have been: empty when all is right. */
  function wrongIn({ threads, leads, agent }: Business): string[] {
    const ids = leads.slice(0, 2).map(({ ready }) => ready[0]?.member.id ?? '');
    const told = (client: TestClient, id: string): string =>
      client.typing
        .filter(({ by, typing }) => typing && by.id === id)
        .map(({ threadId }) => threadId)
        .join();
    return ids.flatMap((id, typist) => [
      ...leads.flatMap((lead, index) => {
        const expected = index === typist ? '' : threads.join();
        return told(lead, id) === expected ? [] : [`lead ${String(index)} of ${id}`];
      }),
      ...(told(agent, id) === threads[0] ? [] : [`the agent of ${id}`]),
    ]);
  }

  test('is told once, in order, and its own only, while another business types as much', async () => {
    const businesses = await Promise.all([openBusiness(), openBusiness()]);
    await Promise.all(businesses.map(everybodyTypes));
    await waitFor(() => businesses.every((business) => wrongIn(business).length === 0));
    // Whatever came twice or to the wrong place is before what is said now.
    for (const { leads, threads } of businesses) {
      leads[0]?.socket.emit('typing:set', { threadId: threads[1], typing: false });
    }
    await waitFor(() =>
      businesses.every(({ leads }) => leads.slice(1).every((lead) => lead.typing.at(-1)?.typing === false)),
    );
    expect(businesses.flatMap(wrongIn)).toEqual([]);
  });

  test('is told who views each thread in the end, by all who may know, however many open it at once', async () => {
    const business = await openBusiness();
    const { threads, leads, agent } = business;
    await Promise.all(leads.flatMap((lead) => threads.map((threadId) => lead.send('thread:open', { threadId }))));
    const viewersIn = (client: TestClient): number[] =>
      threads.map((threadId) => client.viewing.findLast((frame) => frame.threadId === threadId)?.members.length ?? 0);
    const both = threads.map(() => 2);
    await waitFor(() => leads.every((lead) => viewersIn(lead).join() === both.join()), { what: 'all to know' });
    await waitFor(() => viewersIn(agent)[0] === 2, { what: 'the agent to know' });
    expect(viewersIn(agent)).toEqual(threads.map((_, n) => (n === 0 ? 2 : 0)));
  });

  test('control: what one socket does not get is noticed', async () => {
    const business = await openBusiness();
    const [gone] = business.leads.slice(-1);
    gone?.close();
    await everybodyTypes(business);
    await waitFor(() => wrongIn({ ...business, leads: business.leads.slice(0, -1) }).length === 0);
    expect(new Set(wrongIn(business).map((line) => line.slice(0, 6)))).toEqual(
      new Set([`lead ${String(SOCKETS - 1)}`]),
    );
  });
});

describe('a walk over sockets', () => {
  const ROOM = 't:1:all';
  const OTHER = randomUUID() as MemberId;
  const http = createServer();
  const server = createIoServer(new Door({ perTurn: 100, perSecond: 100, waiting: 100 }, () => false));
  const wire = { attach: () => undefined, tell: () => undefined, close: () => Promise.resolve() };
  const limits = { perTurn: 1, slice: 1, waiting: 8 };
  const post = new SignalPost({ io: server, limits, wire, onDrop: () => undefined });
  const peers: { socket: Socket; typing: Typing[]; viewing: Viewing[]; here: InboxSocket }[] = [];

  beforeAll(async () => {
    server.attach(http);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    for (const { socket } of peers.splice(0)) socket.disconnect();
  });
  afterAll(async () => {
    await server.close();
  });

  /** Sockets that are in the room, in this order. */
  async function join(count: number): Promise<typeof peers> {
    for (let index = 0; index < count; index += 1) {
      const arrival = new Promise<InboxSocket>((resolve) => server.once('connection', resolve));
      const { port } = http.address() as AddressInfo;
      const options = { transports: ['websocket'], reconnection: false, forceNew: true };
      const socket = connectTo(`http://127.0.0.1:${String(port)}`, options);
      const [typing, viewing]: [Typing[], Viewing[]] = [[], []];
      socket.on('typing', (frame: Typing) => typing.push(frame));
      socket.on('viewing', (frame: Viewing) => viewing.push(frame));
      const here = await arrival;
      await here.join(ROOM);
      peers.push({ socket, typing, viewing, here });
    }
    return peers;
  }

  function signal(threadId: string, except: string | null = null): ThreadSignal {
    const by = { type: 'member', id: randomUUID() } as const;
    const frame = { threadId: threadId as ThreadId, by, typing: true, until: new Date(0).toISOString() };
    return { name: 'typing', rooms: [ROOM, 't:1:unassigned'], except, frame };
  }

  /** Somebody views the thread since so many ms. */
  function viewed(threadId: string, since: number): ThreadSignal {
    const member = { memberId: OTHER, state: 'viewing', since: new Date(since).toISOString() } as const;
    const frame = { threadId: threadId as ThreadId, members: [member] };
    return { name: 'viewing', rooms: [ROOM, 't:1:unassigned'], except: null, frame };
  }

  const threadsOf = (): string[][] => peers.map(({ typing }) => typing.map(({ threadId }) => threadId));

  test('follows who may see it: who leaves meanwhile is told nothing, who only moves is told once', async () => {
    const [, leaver, mover, closed] = await join(5);
    post.send(signal('one'), { everywhere: false });
    await turn();
    await leaver?.here.leave(ROOM);
    await mover?.here.leave(ROOM);
    await mover?.here.join([ROOM, 't:1:unassigned']);
    closed?.here.disconnect(true);
    await waitFor(() => [0, 2, 4].every((index) => threadsOf()[index]?.length === 1));
    post.send(signal('two'), { everywhere: false });
    await waitFor(() => [0, 2, 4].every((index) => threadsOf()[index]?.length === 2));
    expect(threadsOf()).toEqual([['one', 'two'], [], ['one', 'two'], [], ['one', 'two']]);
  });

  test('passes by who has fallen behind, and tells typists of the others', async () => {
    const [typist, slow] = await join(3);
    await slow?.here.join(SLOW_ROOM);
    post.send(signal('theirs', typist?.here.id), { everywhere: false });
    post.send(signal('another'), { everywhere: false });
    await waitFor(() => peers[2]?.typing.length === 2 && peers[0]?.typing.length === 1);
    expect(threadsOf()).toEqual([['another'], [], ['theirs', 'another']]);
  });

  test('passes by who does not read, although little has been written to them', async () => {
    const stopWatching = watchSlowClients(server, metrics, silentLog);
    const [peer] = await join(1);
    const connection = (peer?.socket.io.engine.transport as unknown as { ws: { _socket: NetSocket } }).ws._socket;
    connection.pause();
    await waitFor(() => {
      post.send(signal('x'.repeat(100_000)), { everywhere: false });
      return peer?.here.rooms.has(SLOW_ROOM);
    });
    const { writeBuffer } = peer?.here.conn as unknown as { writeBuffer: unknown[] };
    expect(writeBuffer.length).toBeLessThan(64);
    connection.resume();
    await waitFor(() => peer?.here.rooms.has(SLOW_ROOM) === false);
    stopWatching();
  });

  test('writes once to each socket, whatever has gathered', async () => {
    const [peer] = await join(1);
    let packets = 0;
    peer?.here.conn.on('packetCreate', () => (packets += 1));
    const names = Array.from(
      { length: 8 },
      (_, index) => `thread ${String(index)}, ünïcode ✓ ${'x'.repeat(index * 20)}`,
    );
    for (const name of names) post.send(signal(name), { everywhere: false });
    await waitFor(() => peer?.typing.length === names.length);
    expect(threadsOf()).toEqual([names]);
    expect(packets).toBe(1);
  });
  test('tells who views a thread as it is last, of however many threads, a bounded number of sockets in a turn', async () => {
    const [first, second] = await join(2);
    const packets = [first, second].map((peer) => {
      const written = { count: 0 };
      peer?.here.conn.on('packetCreate', () => (written.count += 1));
      return written;
    });
    const threads = Array.from({ length: 20 }, (_, index) => `thread ${String(index)}`);
    for (const since of [1, 2, 3]) for (const name of threads) post.send(viewed(name, since), { everywhere: false });
    await turn();
    expect(packets.map(({ count }) => count)).toEqual([1, 0]);
    const told = threads.map((threadId) => [threadId, new Date(3).toISOString()]);
    await waitFor(() => peers.every(({ viewing }) => viewing.length === threads.length));
    for (const { viewing } of peers) {
      expect(viewing.map(({ threadId, members }) => [threadId, members[0]?.since])).toEqual(told);
    }
    expect(packets.map(({ count }) => count)).toEqual([3, 3]);
  });
});
