/** One bundle per process: dist/server.js, dist/cli.js, dist/simulator.js, dist/consumers/<name>.js. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { replaceFile } from './replace-file.mjs';
import { DIST, ROOT } from './paths.mjs';
import { Refusal } from './refusal.mjs';

/** @returns {string[]} the entries this checkout has, as paths from its top */
export function serverEntries() {
  const consumers = existsSync(join(ROOT, 'consumers')) ? readdirSync(join(ROOT, 'consumers')) : [];
  const workers = consumers.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).sort();
  const mains = ['src/server.ts', 'src/cli.ts', 'src/simulator.ts'].filter((file) => existsSync(join(ROOT, file)));
  return [...mains, ...workers.map((name) => `consumers/${name}`)];
}

/**
 * npm packages stay outside the bundles. A file that did not change is not touched; one that did is replaced whole.
 *
 * @returns {Promise<string[]>} what was built, see serverEntries
 * @throws {Refusal} when the code does not compile; esbuild has printed where
 */
export async function buildServers() {
  const entries = serverEntries();
  if (entries.length === 0) return entries;
  const { build, stop } = await import('esbuild');
  try {
    const result = await build({
      absWorkingDir: ROOT,
      entryPoints: entries.map((file) => ({ in: file, out: file.replace(/^src\//, '').replace(/\.ts$/, '') })),
      outdir: DIST,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
      sourcemap: true,
      write: false,
      logLevel: 'error',
    });
    for (const file of result.outputFiles) writeWhenNew(file.path, file.contents);
    return entries;
  } catch (error) {
    if (error instanceof Error && 'errors' in error) throw new Refusal('the build failed, see above');
    throw error;
  } finally {
    await stop(); // its service process would keep ours alive
  }
}

/**
 * @param {string} file
 * @param {Uint8Array} contents
 */
function writeWhenNew(file, contents) {
  if (!existsSync(file) || !readFileSync(file).equals(contents)) replaceFile(file, contents);
}
