/** One bundle per process: dist/server.js, dist/cli.js, dist/simulator.js, dist/consumers/<name>.js. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { DIST, ROOT } from './paths.mjs';
import { Refusal } from './refusal.mjs';
import { replaceFile } from './replace-file.mjs';
import { sourceHash } from './source-hash.mjs';

const SOURCES = ['src', 'consumers', 'tsconfig.json', join('scripts', 'bootstrap', 'build-servers.mjs')];
/** Programs of the machine's own kind: they stay in node_modules, where they find their files. */
const NATIVE = ['@node-rs/argon2', 'sharp'];
/** What packages written for CommonJS ask Node for. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/** @returns {string[]} the entries this checkout has, as paths from its top */
export function serverEntries() {
  const consumers = existsSync(join(ROOT, 'consumers')) ? readdirSync(join(ROOT, 'consumers')) : [];
  const workers = consumers.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).sort();
  const mains = ['src/server.ts', 'src/cli.ts', 'src/simulator.ts'].filter((file) => existsSync(join(ROOT, file)));
  return [...mains, ...workers.map((name) => `consumers/${name}`)];
}

/** @returns {boolean} whether dist/ has every server as this checkout makes it */
export function areServersCurrent() {
  const made = madeOf();
  return serverEntries().every((entry) => beginsWith(join(DIST, `${outputOf(entry)}.js`), made));
}

/**
 * @returns {string} the first line of every server. In the server itself, so that neither a build that was killed halfway
 *   nor one by another release, which knows nothing of it, leaves something that looks current
 */
function madeOf() {
  return `// ${sourceHash(SOURCES)}\n`;
}

/**
 * @param {string} file
 * @param {string} text
 */
function beginsWith(file, text) {
  return existsSync(file) && readFileSync(file).subarray(0, text.length).equals(Buffer.from(text));
}

/**
 * Builds them when something they are made of changed. The packages they use are in the bundles: a process then reads
 * one file at its start instead of a thousand, and is ready in two thirds of the time.
 *
 * @throws {Refusal} when the code does not compile; esbuild has printed where
 */
export async function buildServers() {
  if (areServersCurrent()) return;
  const made = madeOf();
  const { build, stop } = await import('esbuild');
  try {
    const { outputFiles } = await build({
      absWorkingDir: ROOT,
      entryPoints: serverEntries().map((file) => ({ in: file, out: outputOf(file) })),
      outdir: DIST,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      external: NATIVE,
      banner: { js: made + REQUIRE },
      sourcemap: true,
      // Stack traces name files and lines; the text of every package in memory would be a third of a process.
      sourcesContent: false,
      write: false,
      logLevel: 'error',
    });
    for (const { path, contents } of outputFiles) replaceFile(path, contents);
  } catch (error) {
    if (error instanceof Error && 'errors' in error) throw new Refusal('the build failed, see above');
    throw error;
  } finally {
    await stop(); // its service process would keep ours alive
  }
}

/** @param {string} entry */
function outputOf(entry) {
  return entry.replace(/^src\//, '').replace(/\.ts$/, '');
}
