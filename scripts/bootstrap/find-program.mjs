/** Finds a program, or installs it from Debian's packages where that is allowed. */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
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
  return withFreshLists(() => aptGet(install));
}

/** @param {() => Promise<boolean>} work tried once more after the package lists were refreshed */
async function withFreshLists(work) {
  if (await work()) return true;
  say('refreshing the package lists ...');
  return (await aptGet(['update'])) && work();
}

/**
 * Without what it depends on, and without starting anything: for a package that would run a service.
 *
 * @param {string} name a Debian package
 * @param {string} dir where its files go, as if it were `/`; an existing folder is replaced
 * @returns {Promise<boolean>} whether they are there now
 */
export async function unpackPackage(name, dir) {
  const temporary = `${dir}-${process.pid}`;
  mkdirSync(temporary, { recursive: true });
  try {
    say(`downloading ${name} with apt-get ...`);
    if (!(await withFreshLists(() => aptGet(['-o', 'APT::Sandbox::User=root', 'download', name], temporary))))
      return false;
    const file = readdirSync(temporary).find((one) => one.endsWith('.deb')) ?? '';
    if (!(await succeeds('dpkg', ['-x', file, 'files'], temporary))) return false;
    rmSync(dir, { recursive: true, force: true });
    renameSync(join(temporary, 'files'), dir);
    return true;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * @param {string[]} args
 * @param {string} [cwd]
 */
function aptGet(args, cwd) {
  return succeeds('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], cwd);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} [cwd]
 */
async function succeeds(command, args, cwd) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 2], env, ...(cwd && { cwd }) });
  const [code] = await once(child, 'exit');
  return code === 0;
}
