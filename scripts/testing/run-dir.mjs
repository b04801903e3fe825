/** Folders of one test run; the next run removes what killed runs left. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isAlive, readOwner, thisProcess } from '../bootstrap/pid-lock.mjs';

/** Linux's folder in memory. */
const MEMORY = '/dev/shm';
/** What a run's databases and their logs need at most, and what must be left for all that runs. */
const STORES_BYTES = 4 * 2 ** 30;
const PROGRAMS_BYTES = 4 * 2 ** 30;

/**
 * @param {string} [memory] a folder in memory, if this system has one
 * @returns {string} where a run's databases are fastest: every suite has a database of its own, which is 500 files, and
 *   to make them on a disk takes most of a second. In memory where there is room for them, else the temporary folder
 */
export function placeForStores(memory = MEMORY) {
  if (!existsSync(memory)) return tmpdir();
  // Now, because what killed runs left may be what takes the room.
  sweep(parentIn(memory));
  const { bavail, bsize } = statfsSync(memory);
  const isRoomy = bavail * bsize >= STORES_BYTES && process.availableMemory() >= STORES_BYTES + PROGRAMS_BYTES;
  return isRoomy ? memory : tmpdir();
}

/**
 * @param {string} [place]
 * @returns {string} a fresh folder in it, named so that a later run finds it should we be killed
 */
export function makeRunDir(place = tmpdir()) {
  const parent = parentIn(place);
  mkdirSync(parent, { recursive: true, mode: 0o711 });
  sweep(parent);
  const dir = mkdtempSync(join(parent, 'run-'));
  chmodSync(dir, 0o711); // Postgres, under its own account, has to pass through
  writeFileSync(join(dir, 'owner.json'), JSON.stringify(thisProcess()));
  return dir;
}

/**
 * One per account, so that nobody else's leftovers are in the way.
 *
 * @param {string} place
 */
function parentIn(place) {
  return join(place, `hunfly-tests-${process.getuid?.() ?? 0}`);
}

/**
 * Removes the folders whose run is gone. One without an owner yet is being made at this moment.
 *
 * @param {string} parent
 */
function sweep(parent) {
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    const owner = readOwner(join(parent, name, 'owner.json'));
    if (owner && !isAlive(owner)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}
