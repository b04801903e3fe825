/** dist/client, the web inbox; built only when something it is made of changed. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { join, relative } from 'node:path';

import { DIST, ROOT } from './paths.mjs';
import { Refusal } from './refusal.mjs';
import { replaceFile } from './replace-file.mjs';
import { listFiles, sourceHash } from './source-hash.mjs';

const CONFIG = join(ROOT, 'client', 'vite.config.ts');
const TARGET = join(DIST, 'client');
const STAMP = join(DIST, '.client-stamp');
/** Where it is built, by one process at a time; what a killed one left there is built over. */
const FRESH = join(DIST, '.client-fresh');
const LEASH = new URL('../supervisor/leash.mjs', import.meta.url).href;
const SOURCES = ['client', join('src', 'contract'), join('src', 'lib')];
const OLD_ASSET_MS = 24 * 3_600_000;

/**
 * @param {(text: string) => void} say
 * @returns {Promise<boolean>} whether it was built; false when it is current
 */
export async function buildClient(say) {
  if (isClientCurrent()) return false;
  const stamp = sourceHash(SOURCES);
  say('building the web inbox ...');
  try {
    await runVite();
    replaceClient();
  } finally {
    rmSync(FRESH, { recursive: true, force: true });
  }
  replaceFile(STAMP, stamp);
  return true;
}

/** @returns {boolean} whether dist/client is what this checkout makes, or there is no client/ to make it from */
export function isClientCurrent() {
  if (!existsSync(CONFIG)) return true;
  if (!existsSync(STAMP) || !existsSync(join(TARGET, 'index.html'))) return false;
  return readFileSync(STAMP, 'utf8') === sourceHash(SOURCES);
}

async function runVite() {
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = [vite, 'build', 'client', '--config', CONFIG, '--outDir', FRESH, '--emptyOutDir', '--logLevel', 'warn'];
  const env = { ...process.env, NODE_ENV: 'production' };
  // The channel carries nothing. When we are gone it breaks, and the leash ends vite.
  const child = spawn(process.execPath, ['--import', LEASH, ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Refusal('building the web inbox failed, see above');
}

/**
 * Puts the new files in place, index.html last. Assets of the last day stay, because a page that is open, or a server
 * that is running, may still ask for them.
 */
function replaceClient() {
  mkdirSync(TARGET, { recursive: true });
  const names = listFiles(FRESH).map((file) => relative(FRESH, file));
  const inOrder = [...names.filter((name) => name !== 'index.html'), ...names.filter((name) => name === 'index.html')];
  for (const name of inOrder) {
    cpSync(join(FRESH, name), join(TARGET, `${name}.tmp`));
    renameSync(join(TARGET, `${name}.tmp`), join(TARGET, name));
  }
  for (const file of listFiles(TARGET)) {
    const isOld = Date.now() - statSync(file).mtimeMs > OLD_ASSET_MS;
    if (isOld && !names.includes(relative(TARGET, file))) rmSync(file, { force: true });
  }
}
