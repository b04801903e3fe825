/** A private Redis (or Valkey): durable before it answers, on loopback, stopped with us. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { makeEngine } from './engine.mjs';
import { findProgram, installPackage, mayInstallPackages } from './find-program.mjs';
import { spawnGuarded } from './guard.mjs';
import { Refusal } from './refusal.mjs';
import { freePort, waitFor } from './wait.mjs';

const NAMES = ['redis-server', 'valkey-server'];
const READY_TIMEOUT_MS = 30_000;

/**
 * @returns {Promise<string>} path of a Redis server program; installed first where that is possible
 * @throws {Refusal} naming what to install
 */
export async function ensureRedisProgram() {
  const found = findProgram(NAMES);
  if (found) return found;
  if (mayInstallPackages() && (await installPackage('redis-server'))) {
    const installed = findProgram(NAMES);
    if (installed) return installed;
  }
  throw new Refusal(
    'no redis-server or valkey-server in PATH: install one (Debian: apt install redis-server, macOS: brew install redis) ' +
      'or set REDIS_URL to a running one, e.g. REDIS_URL=redis://localhost:6379',
  );
}

/**
 * Starts a Redis whose data lives in `dir`.
 *
 * @param {{ dir: string, port?: number, append?: boolean, password?: string, extraArgs?: string[] }} options
 *   `append: false` keeps nothing on disk; `extraArgs` as on redis-server's command line, e.g. ['--maxmemory', '8mb']
 * @returns {Promise<import('./engine.mjs').Engine>} ready for commands; its data loaded
 */
export async function startRedis({ dir, port: wantedPort, append = true, password, extraArgs = [] }) {
  const command = await ensureRedisProgram();
  const port = wantedPort ?? (await freePort());
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const config = join(dir, 'redis.conf');
  // In a file, not on the command line, because everybody may read command lines.
  writeFileSync(config, configOf({ dir, port, append, password }), { mode: 0o600 });
  const logFile = join(dir, 'redis.log');

  async function launch() {
    const args = [config, ...extraArgs];
    const pidFile = join(dir, 'guarded.pid');
    const redis = await spawnGuarded({ command, args, stopSignal: 'TERM', logFile, pidFile });
    const seen = { gone: false };
    void redis.exited.then(() => (seen.gone = true));
    await waitFor(() => seen.gone || isReady(port, password), { timeoutMs: READY_TIMEOUT_MS, what: 'Redis is ready' });
    if (seen.gone) throw new Refusal(`Redis did not start on port ${port}: ${lastLine(logFile)}`);
    return redis;
  }

  const url = `redis://${password ? `:${password}@` : ''}127.0.0.1:${port}`;
  return makeEngine({ url, port, stopSignal: 'SIGTERM', launch });
}

/** @param {{ dir: string, port: number, append: boolean, password: string | undefined }} options */
function configOf({ dir, port, append, password }) {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    'daemonize no',
    'save ""',
    `appendonly ${append ? 'yes' : 'no'}`,
    'appendfsync always',
    'no-appendfsync-on-rewrite no',
    'aof-load-truncated yes',
    'maxmemory-policy noeviction',
    `dir "${dir}"`,
    ...(password ? [`requirepass ${password}`] : []),
    '',
  ].join('\n');
}

/**
 * One PING over a connection of its own.
 *
 * @param {number} port
 * @param {string | undefined} password
 * @returns {Promise<boolean>} false too while the append-only file is still being loaded
 */
export function isReady(port, password) {
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port });
    const finish = (/** @type {boolean} */ ready) => (socket.destroy(), done(ready));
    let answer = '';
    socket.setTimeout(1_000, () => finish(false));
    socket.on('error', () => finish(false)).on('close', () => finish(false));
    socket.on('data', (chunk) => {
      answer += String(chunk);
      if (answer.includes('+PONG')) finish(true);
      else if (answer.includes('-LOADING') || answer.includes('-NOAUTH')) finish(false);
    });
    socket.write(`${password ? `AUTH ${password}\r\n` : ''}PING\r\n`);
  });
}

/** @param {string} logFile */
function lastLine(logFile) {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1) ?? '';
}
