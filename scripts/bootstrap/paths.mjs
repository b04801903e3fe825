/** Where things are in the checkout, and where the few files that must be outside of it go. */
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's top folder, without a trailing slash. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Build output. */
export const DIST = join(ROOT, 'dist');

/**
 * The data folder: `--data`, else HUNFLY_DATA_DIR, else `.data` of the checkout.
 *
 * @param {string | undefined} flag
 * @returns {string} absolute path
 */
export function dataDirOf(flag) {
  return resolve(flag ?? process.env['HUNFLY_DATA_DIR'] ?? join(ROOT, '.data'));
}

/**
 * @param {string} text
 * @returns {string} eight hex digits that stand for `text` in a folder name
 */
export function shortHash(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
