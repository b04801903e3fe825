/** <data>/runtime.json: how to reach the inbox that runs on a data folder. Readable by its owner only. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { isAlive, thisProcess } from '../bootstrap/pid-lock.mjs';
import { replaceFile } from '../bootstrap/replace-file.mjs';

/**
 * @typedef {object} Runtime
 * @property {string} url the public address
 * @property {Record<string, string>} env what every process of this inbox was started with: addresses and secrets
 * @property {{ name: string, pid: number, port?: number }[]} processes
 * @property {{ postgres?: { pid: number, port: number }, redis?: { pid: number, port: number } }} engines
 */

/**
 * @param {string} data
 * @returns {Runtime | null} null when nothing runs there; what a killed inbox left does not count
 */
export function readRuntime(data) {
  try {
    const { owner, ...runtime } = JSON.parse(readFileSync(join(data, 'runtime.json'), 'utf8'));
    return isAlive(owner) ? runtime : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} data
 * @param {Runtime} runtime
 */
export function writeRuntime(data, runtime) {
  const text = JSON.stringify({ owner: thisProcess(), ...runtime }, null, 2);
  replaceFile(join(data, 'runtime.json'), `${text}\n`, 0o600);
}

/** @param {string} data */
export function removeRuntime(data) {
  rmSync(join(data, 'runtime.json'), { force: true });
}
