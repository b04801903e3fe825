/** What a node commits reaches its own sockets in the turn of the ack, and everybody else's by the hint. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Cursor } from '../../src/contract/events.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam, customerWrites, type TestTenant } from '../support/inbox.ts';
import { hire, startNode, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
/** Hears of others by Redis; hears nothing by Redis; does not tell itself. */
let usual: TestNode;
let deaf: TestNode;
let mute: TestNode;
const clients: TestClient[] = [];
const heard: string[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  const overhear = (message: Buffer): void => void heard.push(message.toString());
  [usual, deaf, mute] = await Promise.all([
    startNode(db, testRedisUrl(), {
      name: 'usual',
      throughHints: (source) => (handler) =>
        source((payload) => {
          overhear(payload);
          handler(payload);
        }),
    }),
    startNode(db, testRedisUrl(), { name: 'deaf', throughHints: () => () => () => undefined }),
    startNode(db, testRedisUrl(), { name: 'mute', tellsItself: false }),
  ]);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  heard.length = 0;
});
afterAll(async () => {
  await Promise.all([usual, deaf, mute].map((node) => node.stop()));
  await db.drop();
});

/** Of one team, on each of the nodes; all are hired before anybody connects. */
async function connect(team: TestTenant, ...nodes: TestNode[]): Promise<TestClient[]> {
  const tokens: string[] = [];
  while (tokens.length < nodes.length) tokens.push((await hire(db.database, team.tenantId, 'manager')).token);
  for (const [index, node] of nodes.entries()) clients.push(await liveClient(node.url, tokens[index] ?? ''));
  return clients.slice(-nodes.length);
}

/** How far its sender had been told when the ack came, beside how far its own events reach. */
async function tag(
  client: TestClient | undefined,
  threadId: string,
  name: string,
): Promise<{ told: number; own: number }> {
  return await new Promise((resolve) => {
    client?.socket.emit('thread:set-tags', { threadId, add: [name] }, ({ cursor }: { cursor?: Cursor }) => {
      resolve({ told: client.frames.at(-1)?.to ?? 0, own: cursor?.seq ?? 0 });
    });
  });
}

const seqs = (client: TestClient | undefined): number[] => (client?.events() ?? []).map(({ seq }) => seq);

test('its own sockets know before the ack, without Redis; another node hears it by the hint', async () => {
  const team = await createTeam(db.database);
  const { threadId } = await customerWrites(db.database, team);
  const [sender, neighbour, other] = await connect(team, deaf, deaf, usual);
  const { told, own } = await tag(sender, threadId, 'first');
  expect(told).toBe(own);
  await waitFor(() => seqs(neighbour).includes(own) && seqs(other).includes(own));
  await waitFor(() => heard.filter((payload) => payload.includes(team.tenantId)).length === 1);
});

test('a node that does not tell itself, as a control, hears its own hint like any other, and loses nothing', async () => {
  const team = await createTeam(db.database);
  const { threadId } = await customerWrites(db.database, team);
  const [sender] = await connect(team, mute);
  const { told, own } = await tag(sender, threadId, 'first');
  expect(told).toBeLessThan(own);
  await waitFor(() => seqs(sender).includes(own));
});

test.each(['usual', 'deaf'])('what nobody told before is read first, so that nothing is left out: %s', async (name) => {
  const team = await createTeam(db.database);
  const { threadId } = await customerWrites(db.database, team);
  const [sender] = await connect(team, name === 'usual' ? usual : deaf);
  const { logged } = await customerWrites(db.database, team);
  const unheard = logged.map(({ seq }) => seq);
  const { own } = await tag(sender, threadId, 'first');
  await waitFor(() => seqs(sender).includes(own));
  const { told: toldNext, own: next } = await tag(sender, threadId, 'second');
  expect(toldNext).toBe(next);
  expect(seqs(sender)).toEqual([...unheard, own, next]);
});

test('many at once from two nodes arrive everywhere, once and in order', async () => {
  const team = await createTeam(db.database);
  const threads = [await customerWrites(db.database, team), await customerWrites(db.database, team)];
  const [here, there] = await connect(team, usual, mute);
  const from = here?.ready[0]?.cursor.seq ?? 0;
  const asked = Array.from({ length: 15 }, (_, n) => [
    tag(here, threads[0]?.threadId ?? '', `here ${String(n)}`),
    tag(there, threads[1]?.threadId ?? '', `there ${String(n)}`),
  ]);
  const last = Math.max(...(await Promise.all(asked.flat())).map(({ own }) => own));
  const all = Array.from({ length: last - from }, (_, n) => from + n + 1);
  for (const client of [here, there]) {
    await waitFor(() => (client?.frames.at(-1)?.to ?? 0) >= last);
    expect(seqs(client)).toEqual(all);
    expect(client?.resyncs).toEqual([]);
  }
});
