/** Lock files that name their owner, so that one left behind by a killed process is recognised and taken over. */
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { waitFor } from './wait.mjs';

/**
 * A process; `started` tells it from a later one with the same pid, `purpose` says what it wants the lock for.
 *
 * @typedef {{ pid: number, started: string, purpose?: string }} Owner
 */

/**
 * @param {number} pid
 * @returns {string | null} when the process started, in whatever form this system gives; null when there is none
 */
export function startOf(pid) {
  if (process.platform !== 'linux') {
    const found = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return found.stdout.trim() || null;
  }
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    if (fields[0] === 'Z') return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch {
    return null;
  }
}

/** @returns {Owner} this process */
export function thisProcess() {
  return { pid: process.pid, started: startOf(process.pid) ?? '' };
}

/**
 * @param {unknown} owner
 * @returns {owner is Owner} whether that very process still runs
 */
export function isAlive(owner) {
  const { pid, started } = /** @type {Partial<Owner>} */ (owner ?? {});
  return typeof pid === 'number' && pid > 0 && startOf(pid) === started;
}

/**
 * @param {string} file
 * @returns {Owner | null} who wrote the lock, alive or not; null when there is no readable lock
 */
export function readOwner(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Takes the lock if nobody alive has it.
 *
 * @param {string} file
 * @param {string} [purpose]
 * @returns {(() => void) | null} releases it; null when a living process has it
 */
export function tryLock(file, purpose = '') {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}.${Math.random().toString(36).slice(2, 8)}`;
  writeFileSync(mine, JSON.stringify({ ...thisProcess(), purpose }), { mode: 0o644 });
  try {
    if (link(mine, file)) return () => release(file);
    const owner = readOwner(file);
    if (isAlive(owner)) return null;
    removeStale(file, JSON.stringify(owner));
    return link(mine, file) ? () => release(file) : null;
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Takes the lock, waiting for its owner to finish.
 *
 * @param {string} file
 * @param {{ timeoutMs: number, what: string, purpose?: string, onWait?: (owner: Owner | null) => void }} options
 * @returns {Promise<() => void>} releases it
 */
export async function takeLock(file, { timeoutMs, what, purpose, onWait }) {
  const first = tryLock(file, purpose);
  if (first) return first;
  onWait?.(readOwner(file));
  return waitFor(() => tryLock(file, purpose), { timeoutMs, everyMs: 100, what });
}

/**
 * A hard link appears complete or not at all, and never over another file.
 *
 * @param {string} from
 * @param {string} to
 */
function link(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Moves the dead owner's file aside before deleting it: if somebody faster has just replaced it, theirs goes back.
 *
 * @param {string} file
 * @param {string} expected
 */
function removeStale(file, expected) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // somebody faster removed it
  }
  if (JSON.stringify(readOwner(aside)) !== expected) link(aside, file);
  rmSync(aside, { force: true });
}

/** @param {string} file */
function release(file) {
  if (readOwner(file)?.pid === process.pid) rmSync(file, { force: true });
}
