/** `npm run load -- artillery NAME`. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { ensureDeps } from '../bootstrap/ensure-deps.mjs';
import { ROOT } from '../bootstrap/paths.mjs';
import { Refusal, say } from '../bootstrap/refusal.mjs';
import { replaceFile } from '../bootstrap/replace-file.mjs';
import { readPlan } from './prepare.mjs';
import { runTool } from './run-tool.mjs';
import { introduceNumbers } from './simulator.mjs';

const FOLDER = join(ROOT, 'loadtest', 'artillery');
const PROGRAM = join(FOLDER, 'node_modules', 'artillery', 'bin', 'run');
/** Next to the scripts, which name it. Not for the repository, because it holds secrets. */
const RUN = join(FOLDER, '.run');

/** @returns {boolean} whether it was installed before */
export function hasArtillery() {
  return existsSync(PROGRAM);
}

/**
 * @param {{ name: string, plan: string, flags: string[] }} options
 * @returns {Promise<number>} artillery's exit code: 1 when something was not as `ensure` wants it
 */
export async function runArtillery({ name, plan, flags }) {
  const numbers = readPlan(plan);
  const { url, tenants } = numbers;
  if (!hasArtillery()) await install();
  await ensureDeps();
  mkdirSync(RUN, { recursive: true, mode: 0o700 });
  await bundleProcessor();
  replaceFile(join(RUN, 'people.csv'), peopleCsv(tenants), 0o600);
  await introduceNumbers(numbers);
  const env = { HUNFLY_URL: url, ARTILLERY_DISABLE_TELEMETRY: 'true' };
  return runTool(process.execPath, [PROGRAM, 'run', ...flags, `${name}.yml`], env, FOLDER);
}

async function install() {
  say('installing artillery into loadtest/artillery (about a minute, 600 MB) ...');
  // Without scripts: they would download browsers that nothing here uses.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=warn'];
  const code = await runTool('npm', args, {}, FOLDER);
  if (code !== 0) throw new Refusal('npm ci in loadtest/artillery failed: see its messages above');
}

async function bundleProcessor() {
  const { build, stop } = await import('esbuild');
  try {
    const entryPoints = [join(FOLDER, 'processor.ts')];
    const outfile = join(RUN, 'processor.cjs');
    await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'cjs', target: 'node20' });
  } finally {
    await stop();
  }
}

/**
 * One of each business first, then the next of each, so that a few virtual users are spread over all.
 *
 * @param {import('../../src/contract/load.ts').LoadTenant[]} tenants
 * @returns {string}
 */
function peopleCsv(tenants) {
  const people = tenants.flatMap(({ agents, accounts }) =>
    agents.map((agent, turn) => ({ agent, account: accounts[0], turn })),
  );
  const lines = people
    .sort((a, b) => a.turn - b.turn)
    .map(({ agent, account }, person) =>
      [agent.token, agent.memberId, account?.externalId, account?.secret, person].join(','),
    );
  return `${lines.join('\n')}\n`;
}
