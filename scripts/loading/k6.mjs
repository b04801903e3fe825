/** `npm run load -- k6 NAME`. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { findProgram } from '../bootstrap/find-program.mjs';
import { ensureDeps } from '../bootstrap/ensure-deps.mjs';
import { DIST, ROOT } from '../bootstrap/paths.mjs';
import { Refusal } from '../bootstrap/refusal.mjs';
import { readPlan } from './prepare.mjs';
import { runTool } from './run-tool.mjs';
import { introduceNumbers } from './simulator.mjs';

/**
 * Bundled, because k6 knows neither npm packages nor our imports; its own modules stay imports.
 *
 * @param {string} name
 * @param {string} outdir
 * @param {'esm' | 'cjs'} [format]
 * @returns {Promise<string>} the bundle's file
 */
export async function bundleK6(name, outdir, format = 'esm') {
  const { build, stop } = await import('esbuild');
  try {
    mkdirSync(outdir, { recursive: true });
    await build({
      entryPoints: [join(ROOT, 'loadtest', 'k6', 'scripts', `${name}.ts`)],
      outdir,
      bundle: true,
      format,
      platform: 'neutral',
      target: 'es2020',
      external: ['k6', 'k6/*'],
      logLevel: 'error',
    });
    return join(outdir, `${name}.js`);
  } finally {
    await stop();
  }
}

/**
 * @param {{ name: string, plan: string, flags: string[] }} options
 * @returns {Promise<number>} k6's exit code: 99 when a threshold was crossed
 */
export async function runK6({ name, plan, flags }) {
  const k6 = findProgram(['k6']);
  if (!k6)
    throw new Refusal('k6 is not in PATH: install it from https://grafana.com/docs/k6/latest/set-up/install-k6/');
  const numbers = readPlan(plan);
  await ensureDeps();
  const script = await bundleK6(name, join(DIST, 'load', 'k6'));
  await introduceNumbers(numbers);
  return runTool(k6, ['run', ...flags, script], { HUNFLY_LOAD_PLAN: resolve(plan) });
}
