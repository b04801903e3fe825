/** Behind Sentinel: the master is found and followed, and nothing that was confirmed is lost by a failover. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeRedis, createRedis, type RedisClient, type RedisPurpose } from '../../src/platform/redis.ts';
import { StreamProducer, UnconfirmedAppendError } from '../../src/platform/stream.ts';
import { silentLog } from '../support/log.ts';
import { connectRedis } from '../support/redis.ts';
import { isFollowing, startTestSentinels, type SentinelNode, type TestSentinels } from '../support/redis-sentinel.ts';
import { waitFor } from '../support/wait.ts';

let group: TestSentinels;
const open: RedisClient[] = [];

beforeAll(async () => {
  group = await startTestSentinels();
});
afterAll(() => group.drop());
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => closeRedis(client)));
});

async function connect(purpose: RedisPurpose = 'producer'): Promise<RedisClient> {
  const client = await connectRedis(group.url, purpose);
  open.push(client);
  return client;
}

const isAt = (client: RedisClient, { server }: SentinelNode): boolean =>
  client.status === 'ready' && client.stream.remotePort === server.port;

async function entriesOf({ client }: SentinelNode, key: string): Promise<string[]> {
  return (await client.xrange(key, '-', '+')).map(([, fields]) => fields[1] ?? '');
}

it('a connection is to the master', async () => {
  expect(isAt(await connect(), group.master)).toBe(true);
});

it('what a master that was demoted refuses ends the connection, and is not sent again by itself', async () => {
  const client = await connect();
  // By an operator who does not ask the sentinels: they would have closed the connection.
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  await group.master.client.call('REPLICAOF', '127.0.0.1', 1);
  await expect(client.xadd('demoted', '*', 'n', '1')).rejects.toThrow('READONLY');
  await closed;
  await group.master.client.call('REPLICAOF', 'NO', 'ONE');
  await isFollowing(group.replica);
});

it.each([
  ['says nothing', false],
  ['hangs up', true],
])('a client that is ended leaves no connection open, also to a sentinel that %s', async (_what, hangsUp) => {
  const sockets = new Set<Socket>();
  let came = 0;
  const sentinel = createServer((socket) => {
    came += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    if (hangsUp) socket.destroy();
    else socket.resume();
  });
  await new Promise<void>((done) => sentinel.listen(0, '127.0.0.1', done));
  const { port } = sentinel.address() as AddressInfo;
  const client = createRedis(`redis-sentinel://127.0.0.1:${String(port)}?name=m`, 'producer', silentLog);
  await waitFor(() => came >= 2);
  await closeRedis(client);
  await waitFor(() => sockets.size === 0);
  await new Promise((done) => sentinel.close(done));
});

describe('an append that asks for a replica', () => {
  it('resolves once the replica has it', async () => {
    const producer = new StreamProducer(await connect(), { replicas: 1 });
    await Promise.all(Array.from({ length: 50 }, (_, n) => producer.append('kept', { n: String(n) }, 2000)));
    expect(await entriesOf(group.replica, 'kept')).toEqual(Array.from({ length: 50 }, (_, n) => String(n)));
  });
});

describe('a failover', () => {
  it('loses what only the master had: an append that asked for a replica has said so, one that did not has not', async () => {
    const client = await connect();
    const [careful, careless] = [new StreamProducer(client, { replicas: 1 }), new StreamProducer(client)];
    await careful.append('before', { n: 'confirmed' }, 2000);
    await group.cutReplicaOff();
    await careless.append('before', { n: 'careless' }, 2000);
    await expect(careful.append('before', { n: 'unconfirmed' }, 2000)).rejects.toThrow(UnconfirmedAppendError);
    const purposes = ['volatile', 'adapter', 'subscriber', 'reader'] as const;
    const others = await Promise.all(purposes.map((purpose) => connect(purpose)));
    const heard: string[] = [];
    const [volatile, , subscriber] = others;
    subscriber!.on('message', (_channel, message: string) => heard.push(message));
    await subscriber!.subscribe('news');
    // Whoever is connected is not told by its connection.
    await group.failOver('freeze');
    expect(await entriesOf(group.replica, 'before')).toEqual(['confirmed']);
    await waitFor(() => [client, ...others].every((one) => isAt(one, group.replica)), { what: 'everybody to follow' });
    await waitFor(async () => {
      await volatile!.publish('news', 'still here');
      return heard.length > 0;
    });
  });
});
