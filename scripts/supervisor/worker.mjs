/** One process of the inbox: forked, watched, and restarted when it ends by itself. */
import { fork } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

import { DIST, ROOT } from '../bootstrap/paths.mjs';
import { say } from '../bootstrap/refusal.mjs';

const LEASH = new URL('./leash.mjs', import.meta.url).href;
const BACKOFF_MIN_MS = 200;
const BACKOFF_MAX_MS = 5_000;
const HEALTHY_AFTER_MS = 10_000;
const LOG_MAX_BYTES = 20 * 1024 * 1024;
const LOG_LOOK_MS = 5_000;

/**
 * @typedef {object} WorkerOptions
 * @property {string} name also its log file's name
 * @property {string} file absolute, or in dist/
 * @property {Record<string, string>} env besides our own environment
 * @property {string} logDir
 * @property {(event: 'ready' | 'draining' | 'exit') => void} onChange
 * @property {number} [logMaxBytes] beyond this the log starts anew; the one before is kept as `.1`
 * @property {number} [logLookMs]
 */

/**
 * @typedef {object} Worker
 * @property {string} name
 * @property {number | undefined} pid
 * @property {'starting' | 'ready' | 'draining' | 'down'} state
 * @property {number} failures how often in a row it ended soon after its start
 * @property {string} logFile
 * @property {(socket: import('node:net').Socket) => Promise<boolean>} hand gives it an accepted connection; false when
 *   the process did not take it, and then the connection is still ours
 * @property {(graceMs: number) => Promise<void>} stop SIGTERM, after `graceMs` SIGKILL; no restart
 */

/**
 * @param {WorkerOptions} options
 * @returns {Worker}
 */
export function startWorker({
  name,
  file,
  env,
  logDir,
  onChange,
  logMaxBytes = LOG_MAX_BYTES,
  logLookMs = LOG_LOOK_MS,
}) {
  const logFile = prepareLog(logDir, name);
  // Every request writes a line, including strangers' requests: without this they would fill the disk.
  const trimming = setInterval(() => trimLog(logFile, logMaxBytes), logLookMs).unref();
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  /** @type {NodeJS.Timeout | undefined} */
  let again;
  let wanted = true;

  /** @type {Worker} */
  const worker = {
    name,
    logFile,
    state: 'starting',
    failures: 0,
    get pid() {
      return child?.pid;
    },
    hand: (socket) => handOver(child, socket),
    async stop(graceMs) {
      wanted = false;
      clearTimeout(again);
      if (child) await stopChild(child, graceMs);
      clearInterval(trimming);
    },
  };

  function start() {
    const began = performance.now();
    child = forkLogged({ file, env, logFile });
    worker.state = 'starting';
    child.on('message', (message) => {
      // `ready`: it is working; `draining`: it accepts no new connections.
      const { type } = /** @type {{ type: string }} */ (message);
      if (type !== 'ready' && type !== 'draining') return;
      worker.state = type;
      onChange(type);
    });
    child.once('exit', () => {
      const livedMs = performance.now() - began;
      worker.failures = livedMs > HEALTHY_AFTER_MS ? 0 : worker.failures + 1;
      worker.state = 'down';
      if (!wanted) return;
      again = setTimeout(start, Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.max(0, worker.failures - 1)));
      onChange('exit');
    });
  }

  start();
  return worker;
}

/**
 * In a process group of its own, so that Ctrl-C reaches the supervisor alone, which then stops all in order.
 *
 * @param {{ file: string, env: Record<string, string>, logFile: string }} options
 */
function forkLogged({ file, env, logFile }) {
  const log = openSync(logFile, 'a', 0o600);
  const child = fork(resolve(DIST, file), [], {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, ...env },
    execArgv: ['--enable-source-maps', '--import', LEASH],
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  child.on('error', () => {}); // not started or not reachable: its exit says so as well
  return child;
}

/**
 * @param {import('node:child_process').ChildProcess | undefined} child
 * @param {import('node:net').Socket} socket
 * @returns {Promise<boolean>}
 */
function handOver(child, socket) {
  if (!child?.connected) return Promise.resolve(false);
  return new Promise((done) => {
    child.send({ type: 'connection' }, socket, (error) => done(!error));
  });
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} graceMs
 */
async function stopChild(child, graceMs) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  await new Promise((done) => {
    const hard = setTimeout(() => child.kill('SIGKILL'), graceMs);
    child.once('exit', () => (clearTimeout(hard), done(undefined)));
    child.kill('SIGTERM');
  });
}

/**
 * The process goes on writing to the same file, at its new end. What it writes between the two calls is lost.
 *
 * @param {string} file
 * @param {number} maxBytes
 */
function trimLog(file, maxBytes) {
  try {
    if (statSync(file).size <= maxBytes) return;
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
  } catch (error) {
    say(`${file} has grown large and could not be cut: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * @param {string} dir
 * @param {string} name
 * @returns {string} the log file; one that has grown large was moved to `.1`
 */
function prepareLog(dir, name) {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, `${name}.log`);
  if (existsSync(file) && statSync(file).size > LOG_MAX_BYTES) renameSync(file, `${file}.1`);
  return file;
}

/**
 * @param {Worker} worker
 * @returns {string} the last lines it wrote
 */
export function lastWords({ logFile }) {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}
