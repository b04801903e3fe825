/** `npm start`: starts everything in order, and stops it again. */
import { join } from 'node:path';

import { build } from '../bootstrap/build.mjs';
import { DIST } from '../bootstrap/paths.mjs';
import { Refusal, say } from '../bootstrap/refusal.mjs';
import { claimForStart, wipe } from './data-folder.mjs';
import { startEngines } from './engines.mjs';
import { openFront } from './front.mjs';
import { keepRunning } from './keep-running.mjs';
import { choosePorts } from './ports.mjs';
import { cliOutput } from './run-cli.mjs';
import { removeRuntime, writeRuntime } from './runtime-file.mjs';
import { devSecrets } from './secrets.mjs';
import { consumerNames, startInbox } from './start-inbox.mjs';

/** @typedef {import('./flags.mjs').Flags} Flags */
/** @typedef {{ email: string, password: string, role: string }} Login */
/** @typedef {(() => unknown)[]} Undo what to undo, latest last */

/**
 * Runs the inbox until SIGINT, SIGTERM or SIGHUP.
 *
 * @param {Flags} flags
 * @returns {Promise<number>} exit code, after all is stopped again
 */
export async function supervise(flags) {
  /** @type {Undo} */
  const undo = [];
  const stopping = new AbortController();
  const stopAsked = onStopSignal().then(() => stopping.abort());
  const running = startAll(flags, undo, stopping.signal);
  running.catch(() => {}); // looked at below, unless a signal came first
  try {
    const first = await Promise.race([running.then(() => 'running'), stopAsked]);
    if (first === 'running') await stopAsked;
    say('\nstopping ...');
    undo.unshift(() => say('stopped'));
    return 0;
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

/**
 * @param {Flags} flags
 * @param {Undo} undo
 * @param {AbortSignal} stopping ends the start between two steps, and a command that prepares
 */
async function startAll(flags, undo, stopping) {
  /** @type {import('./worker.mjs').Worker[]} */
  const gateways = [];
  undo.push(await claimForStart(flags.data));
  const closeFront = await openFront(flags.port, () => gateways);
  if (flags.fresh) wipe(flags.data);
  const secrets = devSecrets(flags.data);

  say('starting Postgres and Redis ...');
  const startingEngines = startEngines(flags.data, secrets.redisPassword);
  undo.push(() => startingEngines.then((engines) => engines.stop()).catch(() => {}));
  const [engines, entries] = await Promise.all([startingEngines, build({ say })]);
  stopping.throwIfAborted();
  keepRunning(engines, undo);
  if (!entries.includes('src/server.ts')) throw new Refusal('src/server.ts is missing from this checkout');

  const url = `http://localhost:${flags.port}`;
  const env = { ...engines.env, ...secrets.env, ...addressEnv(flags, url) };
  say('preparing the database ...');
  const logins = await prepare(flags.demo, env, stopping);

  const ports = await choosePorts(flags.port, flags.nodes + 1 + consumerNames(entries).length);
  stopping.throwIfAborted();
  const inbox = startInbox({ flags, env, entries, ports, gateways, onChange: record });
  undo.push(inbox.stop, closeFront, () => removeRuntime(flags.data));

  function record() {
    const { postgres, redis } = engines;
    writeRuntime(flags.data, {
      url,
      env: { ...env, ...inbox.env },
      processes: inbox.processes(),
      engines: {
        ...(postgres && { postgres: { pid: postgres.pid, port: postgres.port } }),
        ...(redis && { redis: { pid: redis.pid, port: redis.port } }),
      },
    });
  }

  await inbox.ready();
  record();
  announce(url, inbox.processes(), logins, flags);
}

/**
 * @param {Flags} flags
 * @param {string} url
 * @returns {Record<string, string>}
 */
function addressEnv({ data, demo }, url) {
  return {
    DEMO: demo ? '1' : '0',
    CLIENT_DIR: process.env['CLIENT_DIR'] || join(DIST, 'client'),
    PUBLIC_URL: process.env['PUBLIC_URL'] || url,
    MEDIA_DIR: process.env['MEDIA_DIR'] || join(data, 'media'),
    HUNFLY_DATA_DIR: data,
    NODE_ENV: process.env['NODE_ENV'] || 'production',
  };
}

/**
 * @param {boolean} demo
 * @param {Record<string, string>} env
 * @param {AbortSignal} stopping
 * @returns {Promise<Login[]>}
 */
async function prepare(demo, env, stopping) {
  const output = await cliOutput(['prepare', ...(demo ? ['--demo'] : [])], env, stopping);
  if (output.trim() === '') return [];
  /** @type {{ logins?: Login[], warnings?: string[] }} */
  const { logins = [], warnings = [] } = JSON.parse(output);
  for (const warning of warnings) say(warning);
  return logins;
}

/**
 * npm passes on the Ctrl-C that a terminal sent us as well, so that only a third signal is certainly another press.
 *
 * @returns {Promise<string>} the signal that asks us to stop; a third one ends us at once
 */
function onStopSignal() {
  return new Promise((done) => {
    let asked = 0;
    /** @param {string} signal */
    const stop = (signal) => {
      asked += 1;
      if (asked > 2) process.exit(1); // the guards stop the engines, the leashes stop the rest
      done(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  });
}

/**
 * @param {string} url
 * @param {{ name: string, port?: number }[]} processes
 * @param {Login[]} logins
 * @param {Flags} flags
 */
function announce(url, processes, logins, flags) {
  const nodes = processes.filter(({ name }) => name.startsWith('gateway'));
  const lines = [
    '',
    ...nodes.map(({ name, port }) => `  ${name.padEnd(12)}  http://localhost:${port}`),
    ...(flags.simulator ? [`  ${'simulator'.padEnd(12)}  ${url}/simulator`] : []),
    `  ${'logs'.padEnd(12)}  ${join(flags.data, 'logs')}`,
    '',
    `Hunfly inbox ready: ${url}`,
    ...(logins.length > 0 ? ['', 'Demo logins:'] : []),
    ...logins.map(({ email, password, role }) => `  ${email.padEnd(32)}  ${password.padEnd(20)}  ${role}`),
    '',
    'Ctrl-C stops everything.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
