/** The data folder: who may use it now, and where each engine's files are. */
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { shortHash } from '../bootstrap/paths.mjs';
import { readOwner, takeLock, tryLock } from '../bootstrap/pid-lock.mjs';
import { Refusal, say } from '../bootstrap/refusal.mjs';
import { canReach, engineAccount } from '../bootstrap/unprivileged.mjs';
import { readRuntime } from './runtime-file.mjs';

/** Everything we ever put into a data folder: `--fresh` deletes these and nothing else. */
const OURS = ['postgres', 'redis', 'media', 'logs', 'secrets.json', 'runtime.json'];

const COMMAND_TIMEOUT_MS = 120_000;

/**
 * Takes the folder for a running inbox.
 *
 * @param {string} data
 * @returns {Promise<() => void>} gives it back
 * @throws {Refusal} when another inbox runs on it; a short command is waited for
 */
export async function claimForStart(data) {
  const file = lockFile(data);
  const unlock = tryLock(file, 'start');
  if (unlock) return unlock;
  const owner = readOwner(file);
  if (owner && owner.purpose !== 'command') throw new Refusal(alreadyRunning(data, owner.pid));
  return waitForFolder(data, 'start');
}

/**
 * Takes the folder for one command that needs the engines for a moment.
 *
 * @param {string} data
 * @returns {Promise<() => void>} gives it back
 */
export async function claimForCommand(data) {
  return waitForFolder(data, 'command');
}

/**
 * @param {string} data
 * @param {'start' | 'command'} purpose
 */
function waitForFolder(data, purpose) {
  return takeLock(lockFile(data), {
    purpose,
    timeoutMs: COMMAND_TIMEOUT_MS,
    what: `the data folder ${data} is free`,
    onWait: (owner) => say(`waiting for process ${owner?.pid ?? '?'}, which uses ${data} ...`),
  });
}

/**
 * @param {string} data
 * @param {number} pid
 */
function alreadyRunning(data, pid) {
  const url = readRuntime(data)?.url;
  return (
    `already running on ${data} (process ${pid}${url ? `, ${url}` : ', still starting'}).\n` +
    'Stop that one with Ctrl-C first, or start a second inbox with: npm start -- --data OTHER_DIR --port OTHER_PORT'
  );
}

/**
 * @param {string} data
 * @returns {string} names who uses the folder; the folder itself exists afterwards
 */
export function lockFile(data) {
  try {
    mkdirSync(data, { recursive: true });
  } catch (error) {
    throw new Refusal(`the data folder cannot be used: ${error instanceof Error ? error.message : error}`);
  }
  return join(data, 'start.lock');
}

/**
 * @param {string} data
 * @returns {string} where Postgres keeps its files: in the data folder, unless we are root and the folder is closed to
 *   the account that Postgres runs under (a checkout in /root)
 */
export function postgresFolder(data) {
  const account = engineAccount();
  mkdirSync(data, { recursive: true });
  if (!account) return join(data, 'postgres');
  chmodSync(data, 0o711);
  return canReach(data, account) ? join(data, 'postgres') : join(outsideFolder(data), 'postgres');
}

/** @param {string} data */
function outsideFolder(data) {
  return `/var/lib/hunfly-${shortHash(data)}`;
}

/**
 * Deletes what we stored. The caller has claimed the folder.
 *
 * @param {string} data
 */
export function wipe(data) {
  for (const name of OURS) rmSync(join(data, name), { recursive: true, force: true });
  const outside = outsideFolder(data);
  if (process.getuid?.() === 0 && existsSync(outside)) rmSync(outside, { recursive: true, force: true });
}
