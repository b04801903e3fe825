/** Whether node_modules holds what package-lock.json asks for on this machine. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('./lock-optional.mjs').LockEntry} LockEntry */
/** @typedef {import('./lock-optional.mjs').LockFile} LockFile */

/**
 * @param {string} root
 * @returns {string} changes with the lock file, the platform and Node's binary interface
 */
export function installStamp(root) {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  return hash.update(`${process.platform} ${process.arch} ${process.versions.modules}`).digest('hex');
}

/**
 * @param {string} root
 * @returns {boolean} whether nothing needs installing. An installation made by hand with `npm install` counts too, and
 *   a node_modules that is a link belongs to somebody else: it is never installed into.
 */
export function isInstalled(root) {
  const folder = join(root, 'node_modules');
  const stampFile = join(folder, '.install-stamp');
  if (!existsSync(folder)) return false;
  if (lstatSync(folder).isSymbolicLink()) return true;
  if (existsSync(stampFile)) return readFileSync(stampFile, 'utf8') === installStamp(root);
  if (!matchesLock(root)) return false;
  markInstalled(root);
  return true;
}

/**
 * Called after a successful installation.
 *
 * @param {string} root
 */
export function markInstalled(root) {
  writeFileSync(join(root, 'node_modules', '.install-stamp'), installStamp(root));
}

/**
 * Compares npm's own record of what it installed with the lock file.
 *
 * @param {string} root
 */
function matchesLock(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  /** @type {LockFile} */
  const installed = JSON.parse(readFileSync(record, 'utf8'));
  /** @type {LockFile} */
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(wanted.packages).every(([path, entry]) => {
    const found = installed.packages[path];
    if (path === '') return true;
    return found ? found.version === entry.version && existsSync(join(root, path)) : isForElsewhere(path, entry);
  });
}

/**
 * @param {string} path
 * @param {LockEntry} entry
 * @returns {boolean} whether npm rightly leaves the package out here
 */
function isForElsewhere(path, { optional, os, cpu, libc }) {
  if (!optional) return false;
  const here = (/** @type {string[] | undefined} */ list, /** @type {string} */ value) => !list || list.includes(value);
  const nested = path.split('node_modules/').length > 2 || !(os || cpu);
  return nested || !here(os, process.platform) || !here(cpu, process.arch) || !here(libc, libcName());
}

/** @returns {string} npm's name for this system's C library */
function libcName() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header?.glibcVersionRuntime ? 'glibc' : 'musl';
}
