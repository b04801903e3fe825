import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { WebSocket } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decode, encodeConnect, socketUrl } from '../../loadtest/k6/lib/framing.ts';
import { InboxSocket, type Wire } from '../../loadtest/k6/lib/inbox-socket.ts';
import type { Cursor, Event } from '../../src/contract/events.ts';
import { SERVER_EVENTS } from '../../src/contract/socket.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam, customerWrites, type TestTenant } from '../support/inbox.ts';
import { hire, startNode, type Person, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
let node: TestNode;
let team: TestTenant;
let lead: Person;
let open: InboxSocket[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  node = await startNode(db, testRedisUrl(), { name: 'framing' });
  team = await createTeam(db.database);
  lead = await hire(db.database, team.tenantId, 'manager');
});
afterEach(() => {
  for (const socket of open) socket.close();
  open = [];
});
afterAll(async () => {
  await node.stop();
  await db.drop();
});

const wire = (url: string): Wire => new WebSocket(socketUrl(url)) as unknown as Wire;

function connect(token: string, cursor?: Cursor): { readonly socket: InboxSocket; readonly events: Event[] } {
  const events: Event[] = [];
  const auth = cursor === undefined ? { token } : { token, cursor };
  const socket = new InboxSocket(wire(node.url), auth, (event) => events.push(event));
  open.push(socket);
  return { socket, events };
}

const threadsOf = (events: readonly Event[]): string[] =>
  events.flatMap((event) => (event.type === 'message.created' ? [event.data.message.threadId] : []));

/** A new customer writes, and everybody live has been told. */
async function write(): Promise<string> {
  const { threadId, logged } = await customerWrites(db.database, team);
  node.publish(logged);
  return threadId;
}

describe('a connection over a bare WebSocket', () => {
  it('is live with the cursor that the server named', async () => {
    const { socket } = connect(lead.token);
    const ready = SERVER_EVENTS.ready.parse(await socket.ready);
    expect(ready.member.id).toBe(lead.memberId);
    expect(socket.cursor).toEqual(ready.cursor);
  });

  it('is refused with the product’s code', async () => {
    const { socket } = connect('nonsense');
    await expect(socket.ready).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('gets each answer to the command that asked, ok or not', async () => {
    const { socket } = connect(lead.token);
    await socket.ready;
    const [list, wrong, snapshot] = await Promise.all([
      socket.send('thread:list', { limit: 5 }),
      socket.send('thread:open', { threadId: 'no uuid' }),
      socket.send('inbox:snapshot', {}),
    ]);
    expect(list).toMatchObject({ ok: true, data: { nextCursor: null } });
    expect(wrong).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
    expect(snapshot).toMatchObject({ ok: true, data: { cursor: { epoch: socket.cursor?.epoch } } });
  });

  it('follows the log, and resumes from its cursor with exactly what it missed', async () => {
    const first = connect(lead.token);
    await first.socket.ready;
    const seen = await write();
    await waitFor(() => threadsOf(first.events).includes(seen));
    const cursor = first.socket.cursor!;
    first.socket.close();
    const missed = [await write(), await write()];
    const second = connect(lead.token, cursor);
    await second.socket.ready;
    const live = await write();
    await waitFor(() => threadsOf(second.events).includes(live));
    expect(threadsOf(second.events)).toEqual([...missed, live]);
    expect([first, second].map(({ socket }) => [socket.gaps, socket.resyncs])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('is told to start over where the cursor means nothing', async () => {
    const { socket } = connect(lead.token, { epoch: 'another', seq: 3 });
    const ready = await socket.ready;
    expect(socket.resyncs).toBe(1);
    expect(socket.cursor).toEqual(ready.cursor);
  });

  it('rejects what is pending when it ends', async () => {
    const { socket } = connect(lead.token);
    await socket.ready;
    const pending = socket.send('thread:list', {});
    socket.close();
    await expect(pending).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('a frame', () => {
  it('that does not continue the last one is counted, one that repeats is not told twice', () => {
    const wire: Wire = { onmessage: null, onclose: null, onerror: null, send: () => undefined, close: () => undefined };
    const told: Event[] = [];
    const cursor = { epoch: 'e', seq: 5 };
    const socket = new InboxSocket(wire, { token: 't', cursor }, (event) => told.push(event));
    const frame = (from: number, to: number): void => {
      const events = [{ seq: to, type: 'thread.removed' }];
      wire.onmessage?.({ data: `42${JSON.stringify(['events', { from, to, epoch: 'e', events }])}` });
    };
    frame(5, 6);
    frame(4, 6);
    expect({ told: told.length, gaps: socket.gaps }).toEqual({ told: 1, gaps: 0 });
    frame(8, 9);
    expect({ told: told.length, gaps: socket.gaps, seq: socket.cursor?.seq }).toEqual({ told: 2, gaps: 1, seq: 9 });
  });

  it('of another kind needs no answer', () => {
    expect(decode('1')).toEqual({ type: 'other' });
    expect(decode('6')).toEqual({ type: 'other' });
    expect(decode('45x')).toEqual({ type: 'other' });
    expect(decode('41')).toEqual({ type: 'disconnected' });
  });
});

describe('pings', () => {
  it('are answered, and who does not answer them is cut off', async () => {
    // Each ping is the answer to a pong. Who answers has all the time that a busy machine takes for it.
    const [patient, hurried] = [await pinging(60_000), await pinging(60)];
    const answering = new InboxSocket(wire(patient.url), { token: '' }, () => undefined);
    answering.ready.catch(() => undefined);
    let isCut = false;
    const mute = new WebSocket(socketUrl(hurried.url));
    mute.onmessage = ({ data }: { data: unknown }): void => {
      if (decode(String(data)).type === 'open') mute.send(encodeConnect({}));
    };
    mute.onclose = (): void => {
      isCut = true;
    };
    await waitFor(() => isCut && answering.pings > 5);
    expect([patient, hurried].map(({ io }) => io.sockets.sockets.size)).toEqual([1, 0]);
    await Promise.all([patient.io.close(), hurried.io.close()]);
  });

  /** A server that cuts off who has not answered a ping for so long. */
  async function pinging(pingTimeout: number): Promise<{ readonly io: Server; readonly url: string }> {
    const http = createServer();
    const io = new Server(http, { pingInterval: 40, pingTimeout, transports: ['websocket'] });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return { io, url: `http://127.0.0.1:${String((http.address() as AddressInfo).port)}` };
  }
});
