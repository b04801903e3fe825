/** What an operator is told of a Postgres or Redis that cannot be worked with. */
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis } from '../../scripts/bootstrap/redis.mjs';
import { CLI_COMMANDS } from '../../src/cli/commands.ts';
import { runCli } from '../../src/cli/run.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { loadConfig } from '../../src/platform/config.ts';
import { createDatabase } from '../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRunDir } from '../support/environment.ts';
import { silentLog } from '../support/log.ts';
import { ownPort } from '../support/port.ts';
import { waitFor } from '../support/wait.ts';

type Engine = Awaited<ReturnType<typeof startRedis>>;

let db: TestDatabase;
let redis: Engine;
let forgetful: Engine;
let old: Server;

beforeAll(async () => {
  const dirs = await Promise.all([1, 2].map(() => mkdtemp(join(testRunDir(), 'redis-'))));
  [db, redis, forgetful, old] = await Promise.all([
    createTestDatabase(),
    startRedis({ dir: dirs[0] ?? '', port: await ownPort(), password: 'right' }),
    startRedis({
      ...{ dir: dirs[1] ?? '', port: await ownPort(), append: false },
      extraArgs: ['--maxmemory-policy', 'allkeys-lru'],
    }),
    startOldRedis(),
  ]);
});
afterAll(async () => {
  old.close();
  await Promise.all([db.drop(), redis.stop(), forgetful.stop()]);
});

/** Says as much as it takes to be taken for a Redis of a version that is nowhere to be had. */
async function startOldRedis(): Promise<Server> {
  const info = '# Server\r\nredis_version:6.2.14\r\n';
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const [, command = ''] of text.matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
        const isInfo = command.toUpperCase() === 'INFO';
        const isPing = command.toUpperCase() === 'PING';
        socket.write(isInfo ? `$${String(info.length)}\r\n${info}\r\n` : isPing ? '+PONG\r\n' : '+OK\r\n');
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

async function prepare(env: Readonly<Record<string, string>>): Promise<{ code: number; out: string; err: string }> {
  const config = loadConfig({
    DATABASE_URL: db.url,
    REDIS_URL: redis.url,
    APP_JWT_SECRET: 'x'.repeat(40),
    ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    ...env,
  });
  const database = createDatabase({ url: config.databaseUrl, log: silentLog, applicationName: 'test' });
  const context = { config, log: silentLog, clock: systemClock, database: () => database, announce: async () => {} };
  let out = '';
  let err = '';
  const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
  const { exitCode } = await runCli(['prepare', '--json'], { commands: CLI_COMMANDS, io, context });
  await database.close();
  return { code: exitCode, out, err };
}

/** Looks again where a busy machine was too late to hear an engine at all. */
const inTime = (look: () => Promise<void>): Promise<true> => waitFor(() => look().then(() => true as const));

const withPassword = (password: string): string => redis.url.replace(/:[^:@]*@/, password && `:${password}@`);
const nowhere = async (): Promise<string> => `127.0.0.1:${String(await ownPort())}`;

describe('an engine that cannot be worked with', () => {
  // Beside each other: some are asked again for seconds before they are given up.
  it.concurrent.each([
    [
      'a Redis that is away',
      async () => ({ REDIS_URL: `redis://${await nowhere()}` }),
      /no Redis answers at 127.+Start it/,
    ],
    ['a cluster that is away', async () => clusterAt(await nowhere()), /no Redis Cluster answers at 127.+Start it/],
    ['a Redis that wants a password', () => ({ REDIS_URL: withPassword('') }), /wants a password. Give it as redis:/],
    ['a wrong password of Redis', () => ({ REDIS_URL: withPassword('wrong') }), /does not take this user and password/],
    ['a database that Redis has not', () => ({ REDIS_URL: `${redis.url}/99` }), /out of range. Correct the address/],
    ['an old Redis', () => ({ REDIS_URL: oldUrl() }), /Redis 6.2.14 is too old. Take 7 or later/],
    [
      'a cluster for volatile things that is away',
      async () => ({ REDIS_VOLATILE_URL: `redis-cluster://${await nowhere()}` }),
      /no Redis Cluster answers at 127.+Start it/,
    ],
    ['a volatile Redis', async () => ({ REDIS_VOLATILE_URL: `redis://${await nowhere()}` }), /no Redis answers at/],
    [
      'a Postgres that is away',
      async () => ({ DATABASE_URL: `postgres://a@${await nowhere()}/b` }),
      /no Postgres answers at 127.+Start it/,
    ],
    [
      'an unknown user',
      () => ({ DATABASE_URL: db.url.replace(/\/\/[^:@]+/, '//nobody') }),
      /user and password are not taken/,
    ],
    ['an unknown database', () => ({ DATABASE_URL: `${db.url}_not` }), /no such database at .+Create it/],
  ])('%s is named with its variable and what to do', async (_what, change, words) => {
    const env = await change();
    await inTime(async () => {
      const { code, out, err } = await prepare(env);
      const { error } = JSON.parse(out) as { error: { code: string; message: string } };
      const [variable = ''] = Object.keys(env);
      expect([code, error.code]).toEqual([1, 'unavailable']);
      expect(error.message).toMatch(new RegExp(`^${variable}: .*${words.source}`));
      expect(err).toBe(`InboxError: ${error.message}\n`);
      expect(out + err).not.toMatch(/right|wrong/);
    });
  });
});

const oldUrl = (): string => `redis://127.0.0.1:${String((old.address() as AddressInfo).port)}`;
const clusterAt = (place: string): Record<string, string> => ({
  REDIS_URL: `redis-cluster://${place}`,
  REDIS_VOLATILE_URL: redis.url,
});

describe('a Redis that forgets', () => {
  it('is good enough to try things out, and its settings are named', async () => {
    await inTime(async () => {
      const { code, out } = await prepare({ REDIS_URL: forgetful.url });
      const { warnings } = JSON.parse(out) as { warnings: string[] };
      expect([code, warnings.length]).toEqual([0, 1]);
      expect(warnings[0]).toMatch(/^REDIS_URL: .+appendonly yes, maxmemory-policy noeviction/);
    });
  });

  it('is no matter where nothing is kept', async () => {
    await inTime(async () => {
      const { out } = await prepare({ REDIS_VOLATILE_URL: forgetful.url });
      expect(JSON.parse(out)).toMatchObject({ warnings: [] });
    });
  });
});
