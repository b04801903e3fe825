/**
 * Completes package-lock.json. When the registry in use lacks the binary package of some other platform, npm drops
 * that optional dependency from the lock file without a word, and `npm ci` then refuses the file everywhere. This puts
 * the dropped entries back (name, version, platform) so that one lock file installs on every machine.
 *
 * By hand, after any `npm install` that changed dependencies: `node scripts/bootstrap/lock-optional.mjs`
 */
import { readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ROOT } from './paths.mjs';

/**
 * @typedef {object} LockEntry One package of a lock file, as far as we care.
 * @property {string} [version]
 * @property {string} [resolved]
 * @property {string} [integrity]
 * @property {boolean} [dev]
 * @property {boolean} [optional]
 * @property {boolean} [devOptional]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 * @property {Record<string, string>} [engines]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, string>} [optionalDependencies]
 */

/** @typedef {{ packages: Record<string, LockEntry> }} LockFile */

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32'];

/**
 * Reads the platform a binary package is for from its name, e.g. `@x/binding-linux-arm64-musl`.
 *
 * @param {string} name
 * @returns {Pick<LockEntry, 'os' | 'cpu' | 'libc'>} what npm needs to skip the package elsewhere
 */
export function platformOf(name) {
  const words = name.split(/[-/.]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  const libc =
    os !== 'linux'
      ? undefined
      : words.some((w) => w.startsWith('musl'))
        ? 'musl'
        : words.some((w) => w.startsWith('gnu'))
          ? 'glibc'
          : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }), ...(os && { os: [os] }) };
}

/**
 * Where Node would find `name` from the package at `from`, nearest folder first.
 *
 * @param {Record<string, LockEntry>} packages
 * @param {string} from
 * @param {string} name
 */
function isLocked(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]) return true;
    if (!folder) return false;
  }
}

/**
 * @param {LockFile} lock
 * @returns {{ from: string, name: string, version: string }[]} optional dependencies that the lock file has lost
 */
export function droppedOptionals(lock) {
  return Object.entries(lock.packages).flatMap(([from, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !isLocked(lock.packages, from, name))
      .map(([name, version]) => ({ from, name, version })),
  );
}

/**
 * @param {LockFile} lock
 * @returns {LockFile} the same lock file with every dropped optional dependency put back, in npm's order
 */
export function completeLock(lock) {
  const packages = { ...lock.packages };
  for (const { from, name, version } of droppedOptionals(lock)) {
    const owner = lock.packages[from];
    packages[`node_modules/${name}`] = {
      version,
      ...platformOf(name),
      ...(owner?.dev && { dev: true }),
      optional: true,
      ...(owner?.engines && { engines: owner.engines }),
    };
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

/**
 * Completes the lock file in `root` in place (atomically).
 *
 * @param {string} [root]
 * @returns {number} how many entries were put back
 */
export function completeLockFile(root = ROOT) {
  const file = join(root, 'package-lock.json');
  /** @type {LockFile} */
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const dropped = droppedOptionals(lock).length;
  if (dropped > 0) {
    writeFileSync(`${file}.tmp`, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
    renameSync(`${file}.tmp`, file);
  }
  return dropped;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  console.log(`package-lock.json: ${completeLockFile()} dropped optional packages put back`);
}
