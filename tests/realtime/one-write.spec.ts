/** What a socket is told in one turn is one system call, in the order in which it was said. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { type AddressInfo } from 'node:net';
import { io as connectTo, type Socket } from 'socket.io-client';
import { afterEach, expect, test, vi } from 'vitest';
import { Door } from '../../src/realtime/door.ts';
import { sayGoodbye } from '../../src/realtime/farewell.ts';
import { createIoServer } from '../../src/realtime/io-server.ts';
import { writeOncePerTurn } from '../../src/realtime/one-write.ts';
import type { InboxServer, InboxSocket } from '../../src/realtime/types.ts';
import { waitFor } from '../support/wait.ts';

interface Pair {
  readonly server: InboxServer;
  readonly here: InboxSocket;
  readonly there: Socket;
  /** What the client was told: name and payload. */
  readonly told: unknown[][];
  /** System calls that have written to it. */
  readonly writes: () => number;
}

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function connect({ together }: { readonly together: boolean }): Promise<Pair> {
  const http: HttpServer = createServer();
  const server = createIoServer(new Door({ perTurn: 10, perSecond: 1000, waiting: 10 }, () => false));
  server.attach(http);
  if (together) writeOncePerTurn(server.engine);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const arrival = new Promise<InboxSocket>((resolve) => server.once('connection', resolve));
  const accepted = new Promise<NetSocket>((resolve) => http.once('connection', resolve));
  const { port } = http.address() as AddressInfo;
  const there = connectTo(`http://127.0.0.1:${String(port)}`, { transports: ['websocket'], reconnection: false });
  const told: unknown[][] = [];
  there.onAny((...args: unknown[]) => told.push(args));
  ends.push(async () => {
    there.disconnect();
    await server.close();
  });
  const [here, tcp] = await Promise.all([arrival, accepted]);
  await waitFor(() => there.connected);
  const writes = [vi.spyOn(tcp, '_write'), vi.spyOn(tcp, '_writev' as '_write')];
  return { server, here, there, told, writes: () => writes.reduce((sum, spy) => sum + spy.mock.calls.length, 0) };
}

const frame = (to: number, text = ''): { from: number; to: number; epoch: string; events: never[] } => ({
  ...{ from: to - 1, to, epoch: text, events: [] },
});

test.each([
  { together: true, writes: 1 },
  { together: false, writes: 2 },
])('events to a room and an ack are written at once, and apart without it: %o', async ({ together, writes }) => {
  const pair = await connect({ together });
  pair.here.onAny((_name, _input, ack: (answer: string) => void) => {
    void Promise.resolve().then(() => {
      pair.server.local.emit('events', frame(1));
      // Later, but within what the turn has in hand.
      void Promise.resolve().then(() => {
        ack('done');
      });
    });
  });
  pair.there.emit('thread:open', {}, (answer: string) => pair.told.push(['ack', answer]));
  await waitFor(() => pair.told.length === 2);
  expect(pair.told).toEqual([
    ['events', frame(1)],
    ['ack', 'done'],
  ]);
  expect(pair.writes()).toBe(writes);
});

test('the order is kept, whatever the sizes and whoever is slow to take them', async () => {
  const { server, here, told } = await connect({ together: true });
  const texts = Array.from({ length: 60 }, (_, n) => 'x'.repeat(n % 7 === 0 ? 300_000 : n));
  for (const [n, text] of texts.entries()) {
    if (n % 3 === 0) server.local.emit('events', frame(n, text));
    else here.emit('events', frame(n, text));
    if (n % 10 === 9) await new Promise(setImmediate);
  }
  await waitFor(() => told.length === texts.length);
  expect(told).toEqual(texts.map((text, n) => ['events', frame(n, text)]));
});

test('what was said before a goodbye in the same turn arrives, and the goodbye as well', async () => {
  const { server, here, there, told } = await connect({ together: true });
  server.local.emit('events', frame(1));
  sayGoodbye(here, { reason: 'revoked' });
  await waitFor(() => there.disconnected);
  expect(told).toEqual([
    ['events', frame(1)],
    ['goodbye', { reason: 'revoked' }],
  ]);
});
