/** Prometheus for the tests of the alerts: the server, and promtool beside it. */
import { dirname, join } from 'node:path';

import { findProgram, isExecutable, mayInstallPackages, unpackPackage } from './find-program.mjs';
import { ROOT } from './paths.mjs';
import { Refusal, say } from './refusal.mjs';

/** Unpacked, not installed: Debian's package would run a server of its own from then on. */
const UNPACKED = join(ROOT, 'node_modules', '.cache', 'prometheus');

/**
 * Finds Prometheus, fetching Debian's (19 MB) where that is possible. Where there is none its tests cannot run: on CI
 * (CI=true) that is a failure, elsewhere it is said loudly.
 *
 * @returns {Promise<string | null>} absolute path of the server
 */
export async function ensurePrometheus() {
  const found = findPrometheus();
  if (found) return found;
  if (mayInstallPackages() && (await unpackPackage('prometheus', UNPACKED))) {
    const unpacked = findPrometheus();
    if (unpacked) return unpacked;
  }
  const advice =
    'no prometheus with promtool beside it in PATH: install it (Debian: apt install prometheus, macOS: brew install prometheus)';
  if (process.env['CI'] === 'true') throw new Refusal(`${advice}; on CI the tests of the alerts must run`);
  say(`\n!!! ${advice}.\n!!! THE TESTS OF THE ALERTS DO NOT RUN.\n`);
  return null;
}

/** @returns {string | null} the one in PATH, else the one unpacked before */
function findPrometheus() {
  const candidates = [findProgram(['prometheus']), join(UNPACKED, 'usr', 'bin', 'prometheus')];
  const isWhole = (/** @type {string | null} */ path) =>
    path !== null && isExecutable(path) && isExecutable(join(dirname(path), 'promtool'));
  return candidates.find(isWhole) ?? null;
}
