/** The embedded Postgres 18: our own cluster in a folder, on loopback, stopped with us. */
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { makeEngine } from './engine.mjs';
import { spawnGuarded } from './guard.mjs';
import { postgresHome } from './hydrate-postgres.mjs';
import { Refusal } from './refusal.mjs';
import { canReach, engineAccount } from './unprivileged.mjs';
import { freePort, waitFor } from './wait.mjs';

const OWNER = 'hunfly';
const DATABASE = 'hunfly';
const MAJOR = '18';
const READY_TIMEOUT_MS = 60_000;

/** Not inherited: a PG* variable of the person's shell must not affect our server. */
const ENV = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * @typedef {object} Cluster
 * @property {string} home programs
 * @property {string} data the cluster's data folder
 * @property {import('./unprivileged.mjs').Account | null} account who runs it
 * @property {boolean} fast
 */

/**
 * Starts the cluster in `dir`, creating it first if there is none.
 *
 * @param {{ dir: string, port?: number, fast?: boolean, settings?: Record<string, string> }} options
 *   `fast` is for throwaway test clusters: no fsync and no password. A commit still survives a killed Postgres, but not
 *   a lost machine. Otherwise everything is fsynced and the password is random, kept in `dir`.
 * @returns {Promise<import('./engine.mjs').Engine>} takes connections; `url` names database `hunfly`, whose owner is a
 *   superuser. `stop('SIGQUIT')` is Postgres' immediate mode, the default is fast mode.
 */
export async function startPostgres({ dir, port: wantedPort, fast = false, settings = {} }) {
  const account = engineAccount();
  const cluster = { home: postgresHome(account), data: join(dir, 'cluster'), account, fast };
  const port = wantedPort ?? (await freePort());
  const password = prepareCluster(dir, cluster);

  const url = `postgres://${OWNER}${password ? `:${password}` : ''}@127.0.0.1:${port}/${DATABASE}`;
  const launch = () => launchServer(cluster, dir, { ...settingsOf(fast), ...settings, port: String(port) });
  return makeEngine({ url, port, stopSignal: 'SIGINT', launch });
}

/**
 * @param {boolean} fast
 * @returns {Record<string, string>}
 */
function settingsOf(fast) {
  return {
    listen_addresses: '127.0.0.1', // not 'localhost': some containers have no /etc/hosts
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: fast ? '128MB' : '256MB',
    autovacuum_naptime: '10s', // a new installation grows fast; plans follow the statistics
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    idle_in_transaction_session_timeout: '30s',
    log_min_messages: 'warning',
    ...(fast ? { fsync: 'off', full_page_writes: 'off', max_wal_size: '2GB' } : { max_wal_size: '1GB' }),
  };
}

/**
 * @param {Cluster} cluster
 * @param {string} dir
 * @param {Record<string, string>} settings
 * @returns {Promise<import('./guard.mjs').Guarded>}
 */
async function launchServer(cluster, dir, settings) {
  const logFile = join(dir, 'postgres.log');
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const server = await spawnServer(cluster, dir, settings);
    if (server) return server;
    // After a SIGKILL its worker processes take a moment to notice, and until then Postgres rightly refuses to
    // start.
    const lingering = /pre-existing shared memory block/.test(tail(logFile, 3)) && performance.now() < deadline;
    if (!lingering) throw new Refusal(`Postgres did not start; the end of ${logFile} says:\n${tail(logFile, 5)}`);
    await sleep(200);
  }
}

/**
 * @param {Cluster} cluster
 * @param {string} dir
 * @param {Record<string, string>} settings
 * @returns {Promise<import('./guard.mjs').Guarded | null>} null when it ended instead of becoming ready
 */
async function spawnServer({ home, data, account }, dir, settings) {
  const server = await spawnGuarded({
    command: join(home, 'bin', 'postgres'),
    args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    stopSignal: 'INT',
    logFile: join(dir, 'postgres.log'),
    pidFile: join(dir, 'guarded.pid'),
    user: account,
    env: ENV,
  });
  const seen = { gone: false };
  void server.exited.then(() => (seen.gone = true));
  const isReady = () => seen.gone || readyPid(data) === server.pid;
  await waitFor(isReady, { timeoutMs: READY_TIMEOUT_MS, what: 'Postgres is ready' });
  return seen.gone ? null : server;
}

/**
 * @param {string} data
 * @returns {number | null} the process that says in postmaster.pid (line 8) that it takes connections
 */
function readyPid(data) {
  const file = join(data, 'postmaster.pid');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines[7]?.trim() === 'ready' ? Number(lines[0]) : null;
}

/**
 * @param {string} dir
 * @param {Cluster} cluster
 * @returns {string | null} the superuser's password
 */
function prepareCluster(dir, cluster) {
  const secret = join(dir, 'password');
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  if (!canReach(dir, cluster.account)) {
    throw new Refusal(`Postgres cannot run as root, and uid ${cluster.account?.uid} cannot pass through to ${dir}`);
  }
  if (!existsSync(cluster.data)) createCluster(dir, cluster, secret);
  const version = readFileSync(join(cluster.data, 'PG_VERSION'), 'utf8').trim();
  if (version !== MAJOR) {
    throw new Refusal(`${cluster.data} is from Postgres ${version}, not ${MAJOR}: move it away or start with --fresh`);
  }
  return existsSync(secret) ? readFileSync(secret, 'utf8').trim() : null;
}

/**
 * Makes the cluster beside its place and moves it there when it is whole, so that being killed halfway leaves nothing.
 *
 * @param {string} dir
 * @param {Cluster} cluster
 * @param {string} secret
 */
function createCluster(dir, { home, data, account, fast }, secret) {
  const half = `${data}.new`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { mode: 0o700 });
  const pwFile = join(dir, 'password.new');
  const password = randomBytes(24).toString('hex');
  writeFileSync(pwFile, `${password}\n`, { mode: 0o600 });
  if (account) for (const path of [half, pwFile]) chownSync(path, account.uid, account.gid);

  const auth = fast ? ['--auth=trust', '--no-sync'] : ['--auth=scram-sha-256', `--pwfile=${pwFile}`];
  const locale = ['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  run(home, account, ['initdb', '-D', half, '-U', OWNER, ...auth, ...locale]);
  // Single-user mode, because the package brings no client programs to send CREATE DATABASE with.
  const single = ['postgres', '--single', '-D', half, ...(fast ? ['-c', 'fsync=off'] : []), 'postgres'];
  run(home, account, single, `create database ${DATABASE}\n`);

  if (fast) rmSync(pwFile);
  else renameSync(pwFile, secret);
  if (account && !fast) chownSync(secret, 0, 0);
  renameSync(half, data);
}

/**
 * @param {string} home
 * @param {import('./unprivileged.mjs').Account | null} account
 * @param {string[]} command program's name and arguments
 * @param {string} [input]
 */
function run(home, account, [program = '', ...args], input = '') {
  const path = join(home, 'bin', program);
  const done = spawnSync(path, args, { cwd: '/', env: ENV, input, encoding: 'utf8', ...(account ?? {}) });
  if (done.status === 0) return;
  const reason = done.error?.message ?? `${done.stdout}${done.stderr}`.trim().split('\n').slice(-5).join('\n');
  throw new Refusal(`${program} failed in ${dirname(args[args.indexOf('-D') + 1] ?? '')}:\n${reason}`);
}

/**
 * @param {string} file
 * @param {number} lines
 */
function tail(file, lines) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
