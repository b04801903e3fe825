/** Runs one command of the built CLI in our own terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';

import { DIST } from '../bootstrap/paths.mjs';

/**
 * @param {string[]} args
 * @param {Record<string, string>} env besides our own environment
 * @returns {Promise<number>} its exit code, 128 + number when a signal ended it
 */
export async function runCli(args, env) {
  const child = spawn(process.execPath, [join(DIST, 'cli.js'), ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => void child.kill(signal);
  // Ctrl-C reaches the child directly, a SIGINT for npm alone only through us. We outlive it, to stop what we started.
  process.on('SIGTERM', passOn).on('SIGHUP', passOn).on('SIGINT', passOn);
  const [code, signal] = await once(child, 'exit');
  return typeof code === 'number' ? code : 128 + constants.signals[/** @type {NodeJS.Signals} */ (signal)];
}
