/** One process of a system under test: forked, watched until it is ready, ended in order. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LEASH = new URL('../../../scripts/supervisor/leash.mjs', import.meta.url).href;
const READY_MS = 60_000;
const STOP_MS = 15_000;

/**
 * @typedef {object} Spec
 * @property {string} name unique within the system
 * @property {string} file absolute
 * @property {string[]} [execArgv]
 * @property {Record<string, string>} [env] besides the system's
 */

/**
 * @typedef {object} Started
 * @property {string} name
 * @property {number} pid
 * @property {number} port 0 when it listens nowhere
 * @property {(signal?: NodeJS.Signals) => Promise<void>} stop SIGTERM, after 15 s SIGKILL
 */

/**
 * @param {Spec} spec
 * @param {{ env: Record<string, string>, logDir: string, profile: { dir: string, name: string } | null }} options
 * @returns {Promise<Started>} when it has said that it is ready
 */
export async function startProcess({ name, file, execArgv = [], env: own = {} }, { env, logDir, profile }) {
  mkdirSync(logDir, { recursive: true });
  const logFile = join(logDir, `${name}.log`);
  const log = openSync(logFile, 'a');
  const child = fork(file, [], {
    detached: true, // Ctrl-C reaches the bench alone, which then stops all in order
    // Not our environment: a variable of the person's shell must not change what is measured.
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', NODE_NAME: name, ...env, ...own },
    execArgv: ['--enable-source-maps', '--import', LEASH, ...execArgv, ...profiling(name, profile)],
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const exited = once(child, 'exit');
  const port = await readyPort(child, name, logFile);
  return {
    name,
    pid: child.pid ?? 0,
    port,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      const hard = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(hard);
    },
  };
}

/**
 * @param {string} name
 * @param {{ dir: string, name: string } | null} profile
 */
function profiling(name, profile) {
  if (profile === null) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${profile.dir}`, `--cpu-prof-name=${profile.name}-${name}.cpuprofile`];
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} name
 * @param {string} logFile
 * @returns {Promise<number>}
 */
function readyPort(child, name, logFile) {
  return new Promise((done, fail) => {
    const lastWords = () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
    const timer = setTimeout(
      () => fail(new Error(`${name} is not ready after ${READY_MS} ms:\n${lastWords()}`)),
      READY_MS,
    );
    child.on('message', (message) => {
      const { type, port } = /** @type {{ type: string, port?: number }} */ (message);
      if (type !== 'ready') return;
      clearTimeout(timer);
      done(port ?? 0);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      fail(new Error(`${name} ended (${code ?? signal}) before it was ready:\n${lastWords()}`));
    });
  });
}
