/** Writing a file so that readers see the old one or the new one and nothing between. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * @param {string} file
 * @param {string | Uint8Array} contents
 * @param {number} [mode] permission bits of the new file
 */
export function replaceFile(file, contents, mode = 0o644) {
  const half = `${file}.${process.pid}.tmp`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(half, contents, { mode });
  renameSync(half, file);
}
