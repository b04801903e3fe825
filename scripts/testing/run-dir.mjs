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
 * @returns {string} where a run's databases are fastest: every suite has a database of its own, which is 500 files, and
 *   to make them on a disk takes most of a second. In memory where there is room for them, else the temporary folder
 */
export function placeForStores() {
  if (!existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  const isRoomy = bavail * bsize >= STORES_BYTES && process.availableMemory() >= STORES_BYTES + PROGRAMS_BYTES;
  return isRoomy ? MEMORY : tmpdir();
}

/**
 * @param {string} [place]
 * @returns {string} a fresh folder in it, named so that a later run finds it should we be killed
 */
export function makeRunDir(place = tmpdir()) {
  // One parent per account, so that nobody else's leftovers are in the way.
  const parent = join(place, `hunfly-tests-${process.getuid?.() ?? 0}`);
  mkdirSync(parent, { recursive: true, mode: 0o711 });
  sweep(parent);
  const dir = mkdtempSync(join(parent, 'run-'));
  chmodSync(dir, 0o711); // Postgres, under its own account, has to pass through
  writeFileSync(join(dir, 'owner.json'), JSON.stringify(thisProcess()));
  return dir;
}

/**
 * Removes the folders whose run is gone. One without an owner yet is being made at this moment.
 *
 * @param {string} parent
 */
function sweep(parent) {
  for (const name of readdirSync(parent)) {
    const owner = readOwner(join(parent, name, 'owner.json'));
    if (owner && !isAlive(owner)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}
