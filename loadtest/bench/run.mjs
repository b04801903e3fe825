/** The bench: prepares every system, runs the rounds, judges, reports. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { say } from '../../scripts/bootstrap/refusal.mjs';
import { makeRunDir } from '../../scripts/testing/run-dir.mjs';
import { printTable } from './report/table.mjs';
import { summarise } from './report/profile.mjs';
import { describeRun, writeJson } from './report/json.mjs';
import { writeHtml } from './report/html.mjs';
import { runRounds } from './rounds.mjs';
import { startStores } from './stores.mjs';

const RESULTS = fileURLToPath(new URL('results', import.meta.url));

/**
 * @param {import('./flags.mjs').Flags} flags
 * @returns {Promise<number>} exit code: 1 when a system broke a promise, however fast it was
 */
export async function runBench(flags) {
  const dir = makeRunDir();
  mkdirSync(RESULTS, { recursive: true });
  const profileDir = flags.profile ? join(RESULTS, 'profiles') : null;
  if (profileDir !== null) rmSync(profileDir, { recursive: true, force: true });
  say('starting Postgres and Redis, as the product starts them ...');
  const stores = await startStores(join(dir, 'stores'));
  try {
    const place = { stores, logDir: join(RESULTS, 'logs'), profileDir, prefix: 'bench', scale: 1 };
    const rounds = await runRounds(flags, place);
    process.stdout.write(printTable(rounds));
    const run = describeRun(flags, rounds);
    say(`written: ${writeJson(RESULTS, run)}, ${writeHtml(RESULTS, run)}`);
    if (profileDir !== null) process.stdout.write(`${summarise(profileDir)}\nCPU profiles: ${profileDir}\n`);
    return rounds.some(({ cell }) => cell.broken.length > 0) ? 1 : 0;
  } finally {
    await stores.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
