/** A system that runs: its own copy of its prepared database, its processes, its doors. */
import { join } from 'node:path';

import { startProcess } from './systems/process.mjs';

/** @typedef {import('./systems/system.mjs').System} System */
/** @typedef {import('./systems/system.mjs').Team} Team */
/** @typedef {import('./stores.mjs').Stores} Stores */

/**
 * @typedef {{ template: string, team: Team }} Prepared A database that every start copies, and whom it knows.
 *
 * @typedef {object} Running
 * @property {import('./systems/process.mjs').Started[]} processes
 * @property {import('./systems/system.mjs').Doors} doors
 * @property {Team} team
 * @property {string} databaseUrl
 * @property {Stores['pids']} storePids
 * @property {string} redisUrl
 * @property {() => Promise<import('./systems/process.mjs').Started>} launch starts the process that was held back
 * @property {() => Promise<void>} stop
 */

/**
 * Makes the database that every start copies.
 *
 * @param {System} system
 * @param {Stores} stores
 * @param {string} prefix of the database's name
 * @param {import('./systems/system.mjs').Size} size
 * @returns {Promise<Prepared>}
 */
export async function prepareSystem(system, stores, prefix, size) {
  const template = `${prefix}_${system.name}_${size.tenants}x${size.agents}`;
  await stores.createDatabase(template);
  const urls = { databaseUrl: stores.databaseUrl(template), redisUrl: stores.redisUrl };
  return { template, team: await system.prepare(urls, size) };
}

/**
 * @param {System} system
 * @param {Stores} stores
 * @param {object} options
 * @param {Prepared} options.prepared
 * @param {string} options.database name of the copy
 * @param {import('./systems/process.mjs').Spec[]} options.specs
 * @param {import('./systems/process.mjs').Spec | null} options.later for `launch`
 * @param {string} options.logDir
 * @param {{ dir: string, name: string } | null} options.profile
 * @returns {Promise<Running>} ready for webhooks and screens
 */
export async function startSystem(system, stores, { prepared, database, specs, later, logDir, profile }) {
  const { template, team } = prepared;
  await stores.copyDatabase(database, template);
  await stores.calm();
  const databaseUrl = stores.databaseUrl(database);
  const env = { ...team.env, DATABASE_URL: databaseUrl, REDIS_URL: stores.redisUrl };
  const dir = join(logDir, system.name);
  const start = (/** @type {import('./systems/process.mjs').Spec} */ spec) =>
    startProcess(spec, { env, logDir: dir, profile });
  const processes = await Promise.all(specs.map(start));
  return {
    ...{ processes, doors: system.doors(processes), team, databaseUrl, storePids: stores.pids },
    redisUrl: stores.redisUrl,
    async launch() {
      if (later === null) throw new Error('no process was held back');
      const started = await start(later);
      processes.push(started);
      return started;
    },
    async stop() {
      // Fronts first, so that nobody hands work to somebody who has gone.
      for (const one of [...processes].reverse()) await one.stop();
    },
  };
}
