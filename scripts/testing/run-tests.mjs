/** Runs vitest between starting and stopping what the tests need. */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';

import { build } from '../bootstrap/build.mjs';
import { ensureChromium } from '../bootstrap/chromium.mjs';
import { ensureDeps } from '../bootstrap/ensure-deps.mjs';
import { ROOT } from '../bootstrap/paths.mjs';
import { startPostgres } from '../bootstrap/postgres.mjs';
import { ensurePrometheus } from '../bootstrap/prometheus.mjs';
import { startRedis } from '../bootstrap/redis.mjs';
import { Refusal, say } from '../bootstrap/refusal.mjs';
import { makeRunDir, placeForStores } from './run-dir.mjs';

const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const LEASH = new URL('../supervisor/leash.mjs', import.meta.url).href;
const CONFIG = join(ROOT, 'tests', 'vitest.config.ts');

/**
 * @param {string[]} args passed on to vitest: file name parts, `-t 'a title'` ...
 * @returns {Promise<number>} vitest's exit code
 */
export async function runTests(args) {
  await ensureDeps();
  const chrome = await ensureChromium();
  const prometheus = await ensurePrometheus();
  await buildFor(args);
  const dir = makeRunDir();
  const stores = makeRunDir(placeForStores());
  const started = await Promise.allSettled([
    // Three whole products at once have some 60 connections each, with a margin.
    startPostgres({ dir: join(stores, 'postgres'), fast: true, settings: { max_connections: '400' } }),
    startRedis({ dir: join(stores, 'redis') }),
  ]);
  try {
    const [postgres, redis] = started.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    mkdirSync(join(dir, 'tmp'));
    return await runVitest(args, {
      TEST_DATABASE_URL: postgres?.url,
      TEST_REDIS_URL: redis?.url,
      TEST_RUN_DIR: join(dir, 'tmp'),
      CHROME_PATH: chrome ?? undefined,
      PROMETHEUS_PATH: prometheus ?? undefined,
    });
  } finally {
    await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.stop() : Promise.resolve())));
    // Again, should a process that is just ending still write there.
    for (const one of [stores, dir]) rmSync(one, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/**
 * A run of chosen tests goes on when something else does not build; the whole run does not.
 *
 * @param {string[]} args
 */
async function buildFor(args) {
  try {
    await build({ say });
  } catch (error) {
    if (args.length === 0 || !(error instanceof Refusal)) throw error;
    say(`!!! ${error.message}; going on with the chosen tests`);
  }
}

/**
 * Ctrl-C reaches vitest by itself, because it is in the terminal's foreground group with us; a signal sent to us alone
 * is passed on. Either way we stay until it has ended, to stop the engines after it.
 *
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
async function runVitest(args, env) {
  const reporter = join(ROOT, 'tests', 'support', 'plain-reporter.mjs');
  const command = [VITEST, 'run', '--config', CONFIG, '--reporter=default', `--reporter=${reporter}`, ...args];
  // The channel carries nothing. When we are killed it breaks, and the leash ends vitest.
  const child = spawn(process.execPath, ['--import', LEASH, ...command], {
    cwd: ROOT,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'test', ...env },
  });
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => void child.kill(signal);
  process.on('SIGTERM', passOn).on('SIGHUP', passOn).on('SIGINT', passOn);
  const [code] = await once(child, 'exit');
  process.off('SIGTERM', passOn).off('SIGHUP', passOn).off('SIGINT', passOn);
  return typeof code === 'number' ? code : 1;
}
