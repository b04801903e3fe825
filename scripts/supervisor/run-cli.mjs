/** Runs one command of the built CLI. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { DIST, ROOT } from '../bootstrap/paths.mjs';
import { Refusal } from '../bootstrap/refusal.mjs';

/**
 * @param {string[]} args
 * @param {Record<string, string>} env besides our own environment
 * @param {AbortSignal} [signal] ends it
 * @returns {Promise<string>} its stdout; its stderr goes to ours
 * @throws {Refusal} when it fails; it has said why
 */
export async function cliOutput(args, env, signal) {
  const child = spawn(process.execPath, [join(DIST, 'cli.js'), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 2],
    signal,
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Refusal(`hunfly ${args.join(' ')} failed, see above`);
  return output;
}
