/** One bundle per process: dist/server.js, dist/cli.js, dist/simulator.js, dist/consumers/<name>.js. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { DIST, ROOT } from './paths.mjs';
import { Refusal } from './refusal.mjs';

/** @typedef {{ path: string, contents: Uint8Array }} Bundle */

/** @returns {string[]} the entries this checkout has, as paths from its top */
export function serverEntries() {
  const consumers = existsSync(join(ROOT, 'consumers')) ? readdirSync(join(ROOT, 'consumers')) : [];
  const workers = consumers.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).sort();
  const mains = ['src/server.ts', 'src/cli.ts', 'src/simulator.ts'].filter((file) => existsSync(join(ROOT, file)));
  return [...mains, ...workers.map((name) => `consumers/${name}`)];
}

/**
 * npm packages stay outside the bundles.
 *
 * @returns {Promise<{ entries: string[], changed: Bundle[] }>} the entries, see serverEntries, and what dist/ has not yet
 * @throws {Refusal} when the code does not compile; esbuild has printed where
 */
export async function bundleServers() {
  const entries = serverEntries();
  if (entries.length === 0) return { entries, changed: [] };
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
    return { entries, changed: result.outputFiles.filter(isNew) };
  } catch (error) {
    if (error instanceof Error && 'errors' in error) throw new Refusal('the build failed, see above');
    throw error;
  } finally {
    await stop(); // its service process would keep ours alive
  }
}

/** @param {Bundle} bundle */
function isNew({ path, contents }) {
  return !existsSync(path) || !readFileSync(path).equals(contents);
}
