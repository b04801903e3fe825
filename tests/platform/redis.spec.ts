import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { closeRedis, createRedis, pingRedis, redisVersion } from '../../src/platform/redis.ts';
import { recordingLog, silentLog } from '../support/log.ts';
import { startTestRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterEach(() => {
  redis.thaw();
});
afterAll(async () => {
  await redis.drop();
});

it('tells the server’s version', async () => {
  const client = createRedis(redis.url, 'volatile', silentLog);
  await waitFor(() => client.status === 'ready');
  const [major] = await redisVersion(client);
  expect(major).toBeGreaterThanOrEqual(6);
  await closeRedis(client);
});

it('answers a ping with false while the server is frozen, and true again after', async () => {
  const client = createRedis(redis.url, 'volatile', silentLog);
  await waitFor(() => client.status === 'ready');
  redis.freeze();
  expect(await pingRedis(client, 100)).toBe(false);
  redis.thaw();
  await waitFor(() => pingRedis(client, 500));
  await closeRedis(client);
});

it('a volatile client leaves a server that says nothing, so that what it is told does not pile up, and is back after', async () => {
  const client = createRedis(redis.url, 'volatile', silentLog);
  await waitFor(() => client.status === 'ready');
  redis.freeze();
  await expect(client.publish('news', 'nobody hears it')).rejects.toThrow();
  await waitFor(() => client.status !== 'ready');
  await expect(client.publish('news', 'not kept')).rejects.toThrow();
  redis.thaw();
  await waitFor(() => client.status === 'ready');
  await closeRedis(client);
});

it('a producer refuses at once while Redis is away, sends nothing later, and is back by itself', async () => {
  const client = createRedis(redis.url, 'producer', silentLog);
  await waitFor(() => client.status === 'ready');
  await redis.stop();
  await waitFor(() => client.status !== 'ready');
  await expect(client.set('ghost', '1')).rejects.toThrow();
  await redis.restart();
  await waitFor(() => client.status === 'ready');
  expect(await client.get('ghost')).toBeNull();
  await closeRedis(client);
});

it('an adapter connection keeps its commands until Redis is back', async () => {
  const client = createRedis(redis.url, 'adapter', silentLog);
  await waitFor(() => client.status === 'ready');
  await redis.stop();
  const later = client.set('kept', '1');
  await redis.restart();
  expect(await later).toBe('OK');
  await closeRedis(client);
});

it('a subscriber hears again after an outage', async () => {
  const subscriber = createRedis(redis.url, 'subscriber', silentLog);
  const publisher = createRedis(redis.url, 'adapter', silentLog);
  const heard: string[] = [];
  subscriber.on('message', (_channel, message) => heard.push(message));
  await subscriber.subscribe('news');
  await redis.stop();
  await redis.restart();
  await waitFor(async () => {
    await publisher.publish('news', 'hello');
    return heard.length > 0;
  });
  await Promise.all([closeRedis(subscriber), closeRedis(publisher)]);
});

it('logs an outage without flooding, and closing always ends', async () => {
  const { log, lines } = recordingLog();
  const client = createRedis('redis://127.0.0.1:1', 'producer', log);
  await waitFor(() => lines.length > 0);
  await closeRedis(client);
  expect(lines.length).toBeLessThan(5);
});

it.each(['adapter', 'subscriber'] as const)(
  'what nobody waits for of a client for %s is no error of the process when it is closed',
  async (purpose) => {
    const unheard: unknown[] = [];
    const note = (error: unknown): void => void unheard.push(error);
    const peers: Socket[] = [];
    const silent = createServer((peer) => void peers.push(peer)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    process.on('unhandledRejection', note);
    const client = createRedis(
      `redis://127.0.0.1:${String((silent.address() as AddressInfo).port)}`,
      purpose,
      silentLog,
    );
    await waitFor(() => client.status === 'connect' && peers.length > 0);
    void client.sunsubscribe('news');
    const heard = client.subscribe('news');
    await closeRedis(client);
    for (const peer of peers) peer.resetAndDestroy();
    await expect(heard).rejects.toThrow('closed');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    silent.close();
    expect(unheard).toEqual([]);
  },
);
