/** Runs a load tool in our own terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';

/**
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} env besides our own environment
 * @param {string} [cwd]
 * @returns {Promise<number>} its exit code, 128 + number when a signal ended it
 */
export async function runTool(command, args, env, cwd = process.cwd()) {
  const child = spawn(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
  // Ctrl-C reaches the tool directly; it prints its summary and we outlive it.
  process.on('SIGINT', () => {});
  const [code, signal] = await once(child, 'exit');
  return typeof code === 'number' ? code : 128 + constants.signals[/** @type {NodeJS.Signals} */ (signal)];
}
