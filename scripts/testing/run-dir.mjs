/** One folder per test run in the system's temporary folder; the next run removes what killed runs left. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync, chmodSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isAlive, readOwner, thisProcess } from '../bootstrap/pid-lock.mjs';

/** @returns {string} a fresh folder, named so that a later run finds it should we be killed */
export function makeRunDir() {
  // One parent per account, so that nobody else's leftovers are in the way.
  const parent = join(tmpdir(), `hunfly-tests-${process.getuid?.() ?? 0}`);
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
