/** Postgres and Redis for an inbox on one machine: the ones the environment names, else embedded ones. */
import { join } from 'node:path';

import { startPostgres } from '../bootstrap/postgres.mjs';
import { startRedis } from '../bootstrap/redis.mjs';
import { postgresFolder } from './data-folder.mjs';

/** @typedef {import('../bootstrap/engine.mjs').Engine} Engine */

/**
 * @typedef {object} Engines
 * @property {Record<string, string>} env DATABASE_URL, REDIS_URL and, when set, REDIS_VOLATILE_URL
 * @property {Engine | undefined} postgres undefined when it is not ours
 * @property {Engine | undefined} redis undefined when it is not ours
 * @property {() => Promise<void>} stop stops those that are ours
 */

/**
 * Starts what is missing, both at a time. If one does not start, the other is stopped again.
 *
 * @param {string} data the data folder, claimed by the caller
 * @param {string} redisPassword
 * @returns {Promise<Engines>}
 */
export async function startEngines(data, redisPassword) {
  const { DATABASE_URL, REDIS_URL, REDIS_VOLATILE_URL } = process.env;
  const started = await Promise.allSettled([
    DATABASE_URL ? undefined : startPostgres({ dir: postgresFolder(data) }),
    REDIS_URL ? undefined : startRedis({ dir: join(data, 'redis'), password: redisPassword }),
  ]);
  const [postgres, redis] = started.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
  const stop = async () => {
    await Promise.all([postgres, redis].map((engine) => engine?.stop() ?? Promise.resolve()));
  };
  for (const one of started) {
    if (one.status === 'rejected') throw await stop().then(() => one.reason);
  }
  const urls = {
    DATABASE_URL: postgres ? postgres.url : DATABASE_URL,
    REDIS_URL: redis ? redis.url : REDIS_URL,
    REDIS_VOLATILE_URL,
  };
  const env = Object.fromEntries(Object.entries(urls).flatMap(([name, url]) => (url ? [[name, url]] : [])));
  return { env, postgres, redis, stop };
}
