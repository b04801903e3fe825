/** Explains why Postgres or Redis cannot be used, naming the environment variable. */
import { InboxError } from '../contract/errors.ts';
import type { Config } from '../platform/config.ts';
import { createLogger } from '../platform/log.ts';
import { databaseErrorCode } from '../platform/postgres-errors.ts';
import { createStreamRedis, createVolatileRedis } from '../platform/redis-cluster.ts';
import { isRedisCluster } from '../platform/redis-url.ts';
import {
  closeRedis,
  isOneServer,
  pingRedis,
  redisVersion,
  type RedisClient,
  type StreamRedis,
} from '../platform/redis.ts';

/** How long to wait for a Redis that is just starting. */
const PATIENCE_MS = 2500;
const PING_DEADLINE_MS = 1000;
const OLDEST_REDIS = 7;
/** Errors that waiting does not change. */
const REFUSED = /^(NOAUTH|WRONGPASS|ERR DB index)/;
const UNREACHABLE = /^(CONNECT_|ECONN|ENOTFOUND|EAI_AGAIN|EHOST|ENET|ETIMEDOUT)/;
/** Accepted webhooks are stored in this Redis, hence these settings. */
const STREAM_SETTINGS = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' } as const;
const OWN = 'or correct the variable; without it, npm start brings its own';

/** Logs nothing: an unreachable server is reported once, at the end. */
const quiet = createLogger({ level: 'silent', name: 'cli', stream: { write: () => undefined } });

/** The refusal for a Postgres that refuses the login; null for every other error. */
export function postgresTrouble(error: unknown, databaseUrl: () => string): InboxError | null {
  const code = databaseErrorCode(error);
  const said = error instanceof Error && !code.startsWith('CONNECT_') ? error.message : 'no answer in time';
  const trouble = (what: string, remedy: string): InboxError => {
    const message = `DATABASE_URL: ${what} at ${placeOf(databaseUrl())} (${said}). ${remedy}`;
    return new InboxError('unavailable', message);
  };
  if (code.startsWith('28')) return trouble('this user and password are not taken', `Give it others, ${OWN}.`);
  if (code === '3D000') return trouble('there is no such database', `Create it, ${OWN}.`);
  if (UNREACHABLE.test(code)) return trouble('no Postgres answers', `Start it, ${OWN}.`);
  return null;
}

/**
 * Sentences about wrong settings of a usable Redis. Throws `unavailable`, naming the variable, if a Redis cannot be
 * used.
 */
export async function checkRedis({ redisUrl, redisVolatileUrl }: Config): Promise<string[]> {
  const streams = createStreamRedis(redisUrl, quiet);
  const volatile = redisVolatileUrl === redisUrl ? null : createVolatileRedis(redisVolatileUrl, quiet);
  try {
    await Promise.all([
      expectAnswer(streams, { name: 'REDIS_URL', url: redisUrl }),
      volatile && expectAnswer(volatile, { name: 'REDIS_VOLATILE_URL', url: redisVolatileUrl }),
    ]);
    return isOneServer(streams) ? await settingsToMend(streams) : [];
  } finally {
    await Promise.all([closeRedis(streams), ...(volatile === null ? [] : [closeRedis(volatile)])]);
  }
}

interface Named {
  readonly name: string;
  readonly url: string;
}

async function expectAnswer(client: StreamRedis, { name, url }: Named): Promise<void> {
  const failure = await failureOf(client);
  const problem = failure === null ? await tooOld(client) : problemOf(failure, url);
  if (problem !== null) throw new InboxError('unavailable', `${name}: ${problem}`);
}

function problemOf(failure: string, url: string): string {
  const at = placeOf(url);
  if (failure.startsWith('NOAUTH')) return `Redis at ${at} wants a password. Give it as redis://:<password>@host:port.`;
  if (failure.startsWith('WRONGPASS')) return `Redis at ${at} does not take this user and password. Give it others.`;
  if (REFUSED.test(failure)) return `Redis at ${at} says: ${failure}. Correct the address.`;
  const what = isRedisCluster(url) ? 'Redis Cluster' : 'Redis';
  return `no ${what} answers at ${at} (${failure.replace(/\.$/, '')}). Start it, ${OWN}.`;
}

async function tooOld(client: StreamRedis): Promise<string | null> {
  if (!isOneServer(client)) return null;
  const version = await redisVersion(client);
  if (version[0] >= OLDEST_REDIS) return null;
  return `Redis ${version.join('.')} is too old. Take ${String(OLDEST_REDIS)} or later.`;
}

/** Null when it answers, otherwise the last error. */
function failureOf(client: StreamRedis): Promise<string | null> {
  return new Promise((resolve) => {
    let last = 'no answer';
    const timer = setTimeout(() => {
      resolve(last);
    }, PATIENCE_MS);
    const settle = (failure: string | null): void => {
      clearTimeout(timer);
      resolve(failure);
    };
    client.on('error', ({ message }: Error) => {
      last = message;
      if (REFUSED.test(message)) settle(message);
    });
    client.once('ready', () => {
      void pingRedis(client, PING_DEADLINE_MS).then((answers) => {
        settle(answers ? null : last);
      });
    });
  });
}

/** Empty if Redis does not reveal its settings, as hosted ones do not. */
async function settingsToMend(client: RedisClient): Promise<string[]> {
  const told = await client.config('GET', ...Object.keys(STREAM_SETTINGS)).catch(() => []);
  const pairs = told as string[];
  const wrong = Object.entries(STREAM_SETTINGS).filter(([name, wanted]) => {
    const at = pairs.indexOf(name);
    return at !== -1 && pairs[at + 1] !== wanted;
  });
  if (wrong.length === 0) return [];
  const wanted = wrong.map(([name, value]) => `${name} ${value}`).join(', ');
  return [`REDIS_URL: this Redis may lose webhooks that were taken; it should have ${wanted} (docs/operations.md)`];
}

/** Host and port, without credentials. */
function placeOf(url: string): string {
  return /^[^:]+:\/\/(?:[^@/]*@)?([^/?#]*)/.exec(url)?.[1] ?? '';
}
