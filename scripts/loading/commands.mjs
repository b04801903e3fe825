/** The commands of `npm run load`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../bootstrap/paths.mjs';
import { Refusal } from '../bootstrap/refusal.mjs';
import { splitArgs } from '../operator/with-engines.mjs';
import { runArtillery } from './artillery.mjs';
import { runK6 } from './k6.mjs';
import { defaultPlan, prepare } from './prepare.mjs';

const HELP = `npm run load -- <command>

  prepare [--tenants 20] [--agents 5] [--accounts 1] [--url U] [--out FILE] [--data DIR]
                           makes businesses, numbers, people and tokens on the running inbox
  list                     the scripts there are
  k6 NAME [flags of k6]    runs one with k6, which has to be installed
  artillery NAME [flags]   runs one with artillery, which is installed into loadtest/artillery the first time

k6 and artillery take --data DIR, or --plan FILE instead of what \`prepare\` wrote there. loadtest/README.md tells the rest.
`;

const K6_SCRIPTS = join(ROOT, 'loadtest', 'k6', 'scripts');
const ARTILLERY_SCRIPTS = join(ROOT, 'loadtest', 'artillery');

/**
 * @param {'k6' | 'artillery'} tool
 * @returns {string[]} names of its scripts
 */
export function scriptNames(tool) {
  const [folder, ending] = tool === 'k6' ? [K6_SCRIPTS, '.ts'] : [ARTILLERY_SCRIPTS, '.yml'];
  const files = readdirSync(folder).filter((file) => file.endsWith(ending));
  return files.map((file) => file.slice(0, -ending.length)).sort();
}

/**
 * @param {string[]} argv
 * @returns {Promise<number>} exit code
 */
export async function runLoad([command, ...rest]) {
  if (asksForHelp(command, rest)) {
    process.stdout.write(HELP);
    return 0;
  }
  if (command === 'prepare') return prepare(rest);
  if (command === 'k6' || command === 'artillery') return runScript(command, rest);
  if (command !== 'list') throw new Refusal(`there is no command "${command}" of npm run load\n\n${HELP}`);
  process.stdout.write(list());
  return 0;
}

/**
 * What follows the name of a script is for its tool.
 *
 * @param {string | undefined} command
 * @param {string[]} rest
 */
function asksForHelp(command, rest) {
  if (command === undefined || command === 'help' || command.startsWith('-')) return true;
  const own = command === 'prepare' ? rest : rest.slice(0, 1);
  return own.includes('--help') || own.includes('-h');
}

function list() {
  const lines = /** @type {const} */ (['k6', 'artillery']).map((tool) => `${tool}: ${scriptNames(tool).join(', ')}\n`);
  return lines.join('');
}

/**
 * @param {'k6' | 'artillery'} tool
 * @param {string[]} args
 */
async function runScript(tool, args) {
  const { plan, rest } = takePlan(args);
  const [name = '', ...flags] = rest;
  if (!scriptNames(tool).includes(name)) {
    throw new Refusal(`there is no ${tool} script "${name}": ${scriptNames(tool).join(', ')}`);
  }
  return tool === 'k6' ? runK6({ name, plan, flags }) : runArtillery({ name, plan, flags });
}

/**
 * @param {string[]} argv
 * @returns {{ plan: string, rest: string[] }}
 */
function takePlan(argv) {
  const { data, args } = splitArgs(argv);
  const at = args.indexOf('--plan');
  if (at < 0) return { plan: defaultPlan(data), rest: args };
  const plan = args[at + 1];
  if (!plan) throw new Refusal('--plan takes a file');
  return { plan, rest: args.toSpliced(at, 2) };
}
