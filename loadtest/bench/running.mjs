/** A system that runs: its own copy of its prepared database, its processes, its doors. */
import { join } from 'node:path';

import { startProcess } from './systems/process.mjs';

/** @typedef {import('./systems/system.mjs').System} System */
/** @typedef {import('./systems/system.mjs').Team} Team */
/** @typedef {import('./stores.mjs').Stores} Stores */

/**
 * @typedef {object} Running
 * @property {import('./systems/process.mjs').Started[]} processes
 * @property {import('./systems/system.mjs').Doors} doors
 * @property {Team} team
 * @property {string} databaseUrl
 * @property {Stores['pids']} storePids
 * @property {() => Promise<void>} stop
 */

/**
 * Makes the database that every start copies.
 *
 * @param {System} system
 * @param {Stores} stores
 * @param {{ prefix: string, channels: string[] }} options
 * @returns {Promise<Team>}
 */
export async function prepareSystem(system, stores, { prefix, channels }) {
  const name = templateOf(system, prefix);
  await stores.createDatabase(name);
  return system.prepare(stores.databaseUrl(name), channels);
}

/**
 * @param {System} system
 * @param {Stores} stores
 * @param {{ prefix: string, team: Team, gateways: number, logDir: string,
 *   profile: { dir: string, name: string } | null, preload: Record<string, string> }} options `preload`: module loaded
 *   first, by process
 * @returns {Promise<Running>} ready for webhooks and screens
 */
export async function startSystem(system, stores, { prefix, team, gateways, logDir, profile, preload }) {
  const database = `${prefix}_${system.name}`;
  await stores.copyDatabase(database, templateOf(system, prefix));
  await stores.calm();
  const databaseUrl = stores.databaseUrl(database);
  const env = { ...team.env, DATABASE_URL: databaseUrl, REDIS_URL: stores.redisUrl };
  const dir = join(logDir, system.name);
  const specs = system.processes(gateways).map((spec) => {
    const module = preload[spec.name];
    return module === undefined ? spec : { ...spec, execArgv: ['--import', module] };
  });
  const processes = await Promise.all(specs.map((spec) => startProcess(spec, { env, logDir: dir, profile })));
  return {
    ...{ processes, doors: system.doors(processes), team, databaseUrl, storePids: stores.pids },
    async stop() {
      // Fronts first, so that nobody hands work to somebody who has gone.
      for (const one of [...processes].reverse()) await one.stop();
    },
  };
}

/**
 * @param {System} system
 * @param {string} prefix
 */
function templateOf(system, prefix) {
  return `${prefix}_${system.name}_base`;
}
