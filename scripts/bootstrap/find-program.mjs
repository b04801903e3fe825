/** Finds a program, or installs it from Debian's packages where that is allowed. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';

import { say } from './refusal.mjs';

/**
 * @param {string[]} names in order of preference
 * @returns {string | null} absolute path of the first that PATH has
 */
export function findProgram(names) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  for (const name of names) {
    const found = folders.map((folder) => join(folder, name)).find(isExecutable);
    if (found) return found;
  }
  return null;
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** @returns {boolean} whether a Debian package can be installed without asking anybody */
export function mayInstallPackages() {
  return process.platform === 'linux' && process.getuid?.() === 0 && findProgram(['apt-get']) !== null;
}

/**
 * @param {string} name a Debian package
 * @returns {Promise<boolean>} whether apt-get says it is installed now; package lists are refreshed when stale
 */
export async function installPackage(name) {
  const install = ['install', '-y', '--no-install-recommends', name];
  say(`installing ${name} with apt-get ...`);
  if (await aptGet(install)) return true;
  say('refreshing the package lists ...');
  return (await aptGet(['update'])) && (await aptGet(install));
}

/** @param {string[]} args */
async function aptGet(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const child = spawn('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    stdio: ['ignore', 'ignore', 2],
    env,
  });
  const [code] = await once(child, 'exit');
  return code === 0;
}
