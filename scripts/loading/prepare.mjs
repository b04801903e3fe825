/** `npm run load -- prepare`: has the CLI make businesses and keeps who they are in a file of the data folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { build } from '../bootstrap/build.mjs';
import { ensureDeps } from '../bootstrap/ensure-deps.mjs';
import { Refusal, say } from '../bootstrap/refusal.mjs';
import { replaceFile } from '../bootstrap/replace-file.mjs';
import { splitArgs, withEngines } from '../operator/with-engines.mjs';
import { cliOutput } from '../supervisor/run-cli.mjs';
import { introduceNumbers } from './simulator.mjs';

/**
 * @param {string} data the data folder
 * @returns {string} where the last plan is
 */
export function defaultPlan(data) {
  return join(data, 'load.json');
}

/**
 * @param {string[]} argv
 * @returns {Promise<number>} exit code
 */
export async function prepare(argv) {
  const { data, args } = splitArgs(argv);
  const { out, rest } = takeOut(args, defaultPlan(data));
  await ensureDeps();
  await build({ client: false, say });
  return withEngines({ data, migrate: true }, async (env) => {
    const plan = await cliOutput(['load', 'prepare', '--json', ...rest], env);
    // It holds secrets and tokens.
    replaceFile(out, plan, 0o600);
    const made = readPlan(out);
    const { url, tenants } = made;
    const people = tenants.reduce((sum, { agents }) => sum + agents.length, 0);
    say(`${tenants.length} businesses with ${people} people for ${url} are in ${out}`);
    await introduceNumbers(made);
    return 0;
  });
}

/**
 * @param {string[]} args
 * @param {string} standard
 * @returns {{ out: string, rest: string[] }}
 */
function takeOut(args, standard) {
  const at = args.indexOf('--out');
  if (at < 0) return { out: standard, rest: args };
  const out = args[at + 1];
  if (!out) throw new Refusal('--out takes a file');
  return { out: resolve(out), rest: args.toSpliced(at, 2) };
}

/**
 * @param {string} file
 * @returns {import('../../src/contract/load.ts').LoadPlan}
 * @throws {Refusal} when it is not there
 */
export function readPlan(file) {
  if (!existsSync(file)) throw new Refusal(`${file} is not there: run npm run load -- prepare first`);
  return JSON.parse(readFileSync(file, 'utf8'));
}
