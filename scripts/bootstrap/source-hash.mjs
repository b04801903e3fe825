/** What a build is made of, as one short text: it is current while that is the same. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

import { ROOT } from './paths.mjs';

/**
 * @param {readonly string[]} sources files and folders, from the top of the checkout; package-lock.json is always one
 * @returns {string} changes with any of these files
 */
export function sourceHash(sources) {
  const hash = createHash('sha256');
  const files = [...sources, 'package-lock.json'].flatMap((name) => listFiles(join(ROOT, name)));
  for (const file of files.sort())
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

/**
 * @param {string} path a folder, or a file
 * @returns {string[]} the files in it at any depth, or itself; none where there is nothing
 */
export function listFiles(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
