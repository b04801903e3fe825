/** The Postgres and the Redis that all systems share, one system at a time: the product's own engines, fsync on. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { Redis } from 'ioredis';
import postgres from 'postgres';

import { startPostgres } from '../../scripts/bootstrap/postgres.mjs';
import { startRedis } from '../../scripts/bootstrap/redis.mjs';

/**
 * @typedef {object} Stores
 * @property {string} redisUrl
 * @property {{ postgres: number | null, redis: number | null }} pids null: not ours, and not measured
 * @property {(name: string) => string} databaseUrl
 * @property {(name: string) => Promise<void>} createDatabase anew and empty
 * @property {(name: string, template: string) => Promise<void>} copyDatabase anew, as a copy of `template`
 * @property {(name: string) => Promise<void>} dropDatabase
 * @property {() => Promise<void>} calm empties Redis and lets Postgres write down what earlier rounds left behind
 * @property {() => Promise<void>} stop
 */

/**
 * @param {string} dir
 * @returns {Promise<Stores>}
 */
export async function startStores(dir) {
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  const [pg, redis] = await Promise.all([
    startPostgres({ dir: join(dir, 'postgres') }),
    startRedis({ dir: join(dir, 'redis') }),
  ]);
  const stores = useStores({ databaseUrl: pg.url, redisUrl: redis.url, pids: { postgres: pg.pid, redis: redis.pid } });
  return {
    ...stores,
    async stop() {
      await stores.stop();
      await Promise.all([pg.stop(), redis.stop()]);
    },
  };
}

/**
 * Engines that run already. Redis is emptied without asking: it must be a private one.
 *
 * @param {{ databaseUrl: string, redisUrl: string, pids?: Stores['pids'] }} options a superuser's URL
 * @returns {Stores}
 */
export function useStores({ databaseUrl, redisUrl, pids = { postgres: null, redis: null } }) {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const redis = new Redis(redisUrl, { protocol: 3, replyMapping: 'legacy' });
  const drop = async (/** @type {string} */ name) => {
    await sql`drop database if exists ${sql(name)} with (force)`;
  };
  return {
    redisUrl,
    pids,
    databaseUrl: (name) => Object.assign(new URL(databaseUrl), { pathname: `/${name}` }).href,
    async createDatabase(name) {
      await drop(name);
      await sql`create database ${sql(name)}`;
    },
    async copyDatabase(name, template) {
      await drop(name);
      await sql`create database ${sql(name)} template ${sql(template)}`;
    },
    dropDatabase: drop,
    async calm() {
      await redis.flushall();
      await sql`checkpoint`;
    },
    async stop() {
      await sql.end({ timeout: 5 });
      redis.disconnect();
    },
  };
}
