/** The result as data: every figure of every round. */
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../../../scripts/bootstrap/paths.mjs';

/**
 * @param {import('../flags.mjs').Flags} flags
 * @param {import('../rounds.mjs').Round[]} rounds
 */
export function describeRun(flags, rounds) {
  return { at: new Date().toISOString(), machine: machine(), flags, rounds };
}

/**
 * @param {string} dir
 * @param {ReturnType<typeof describeRun>} run
 * @returns {string} the file
 */
export function writeJson(dir, run) {
  const file = join(dir, 'latest.json');
  writeFileSync(file, `${JSON.stringify(run, null, 1)}\n`);
  return file;
}

/** @returns {Record<string, string | number>} where it was measured */
function machine() {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    commit: commit(),
  };
}

/** @returns {string} empty outside a checkout of git */
function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}
