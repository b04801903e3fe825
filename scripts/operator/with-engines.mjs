/** Finds Postgres and Redis for one command: those of the environment, those of a running inbox, or temporary ones. */
import { dataDirOf } from '../bootstrap/paths.mjs';
import { isAlive, readOwner } from '../bootstrap/pid-lock.mjs';
import { waitFor } from '../bootstrap/wait.mjs';
import { claimForCommand, lockFile } from '../supervisor/data-folder.mjs';
import { startEngines } from '../supervisor/engines.mjs';
import { cliOutput } from '../supervisor/run-cli.mjs';
import { readRuntime } from '../supervisor/runtime-file.mjs';
import { devSecrets } from '../supervisor/secrets.mjs';
import { UsageRefusal } from './refusals.mjs';

const START_TIMEOUT_MS = 120_000;

/**
 * Takes `--data DIR` out of the arguments; everything else is the CLI's own.
 *
 * @param {string[]} args
 * @returns {{ data: string, args: string[], needsEngines: boolean }} needsEngines is false for help and for what only
 *   looks at a file
 */
export function splitArgs(args) {
  /** @type {string[]} */
  const rest = [];
  let flag;
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--data') flag = dataArgument(args[(index += 1)]);
    else if (arg.startsWith('--data=')) flag = dataArgument(arg.slice('--data='.length));
    else rest.push(arg);
  }
  const help = rest.length === 0 || rest[0] === 'help' || rest.some((arg) => arg === '--help' || arg === '-h');
  const offline = rest[0] === 'webhook' && rest[1] === 'explain';
  return { data: dataDirOf(flag), args: rest, needsEngines: !help && !offline };
}

/** @param {string | undefined} value */
function dataArgument(value) {
  // A value that looks like a flag is the next flag; such a folder can be written as `./-x`.
  if (value && !value.startsWith('-')) return value;
  throw new UsageRefusal('--data needs a folder, for example --data .data');
}

/**
 * @param {{ data: string, migrate: boolean }} options `migrate`: bring a database that we start
 *   for the moment up to date first
 * @param {(env: Record<string, string>) => Promise<number>} body
 * @returns {Promise<number>} what body gave
 */
export async function withEngines({ data, migrate }, body) {
  const { DATABASE_URL, REDIS_URL } = process.env;
  const running = await runningInbox(data);
  if (running) return body({ ...running, ...given({ DATABASE_URL, REDIS_URL }) });
  const secrets = devSecrets(data);
  if (DATABASE_URL && REDIS_URL) return body(secrets.env);

  const unlock = await claimForCommand(data);
  try {
    const engines = await startEngines(data, secrets.redisPassword);
    try {
      const env = { ...engines.env, ...secrets.env, HUNFLY_DATA_DIR: data };
      if (migrate && engines.postgres) await cliOutput(['migrate'], env);
      return await body(env);
    } finally {
      await engines.stop();
    }
  } finally {
    unlock();
  }
}

/**
 * @param {string} data
 * @returns {Promise<Record<string, string> | null>} its environment; one that is just starting is waited for
 */
async function runningInbox(data) {
  const file = lockFile(data);
  const settled = () => readRuntime(data) !== null || !isStarting(file);
  await waitFor(settled, { timeoutMs: START_TIMEOUT_MS, everyMs: 100, what: 'npm start has started' });
  return readRuntime(data)?.env ?? null;
}

/** @param {string} file */
function isStarting(file) {
  const owner = readOwner(file);
  return owner?.purpose === 'start' && isAlive(owner);
}

/** @param {Record<string, string | undefined>} values */
function given(values) {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
