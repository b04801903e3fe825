/** The flags of `npm start`. */
import { parseArgs } from 'node:util';

import { dataDirOf } from '../bootstrap/paths.mjs';
import { Refusal } from '../bootstrap/refusal.mjs';

export const HELP = `npm start [-- flags]

Starts the whole inbox on this machine: an embedded Postgres and a private Redis (unless DATABASE_URL and REDIS_URL
name running ones), gateway nodes behind one port, all consumers and the WhatsApp simulator. Ctrl-C stops everything.

  --port N         public port (default: PORT, else 3000)
  --nodes N        gateway nodes behind it, 1 to 16 (default 2)
  --no-simulator   without the WhatsApp simulator
  --no-demo        without the demo tenant and its logins
  --data DIR       data folder (default: HUNFLY_DATA_DIR, else .data)
  --fresh          forget everything in the data folder first
  --help           this text
`;

/**
 * @typedef {object} Flags
 * @property {number} port
 * @property {number} nodes
 * @property {boolean} simulator
 * @property {boolean} demo
 * @property {string} data absolute path
 * @property {boolean} fresh
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @returns {Flags}
 * @throws {Refusal} naming the flag and what it takes
 */
export function parseFlags(args) {
  const { values } = parse(args);
  return {
    port: portOf(values.port),
    nodes: wholeNumber('--nodes', values.nodes ?? '2', { min: 1, max: 16 }),
    simulator: !values['no-simulator'],
    demo: !values['no-demo'],
    data: dataDirOf(folderOf(values.data)),
    fresh: values.fresh ?? false,
    help: values.help ?? false,
  };
}

/** @param {string | undefined} given */
function portOf(given) {
  const name = given === undefined ? 'PORT' : '--port';
  return wholeNumber(name, given ?? process.env['PORT'] ?? '3000', { min: 1, max: 65_535 });
}

/** @param {string | undefined} given */
function folderOf(given) {
  if (given === '') throw new Refusal('--data takes a folder, for example --data .data');
  return given;
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string' },
        nodes: { type: 'string' },
        'no-simulator': { type: 'boolean' },
        'no-demo': { type: 'boolean' },
        data: { type: 'string' },
        fresh: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\nnpm start -- --help lists the flags`);
  }
}

/**
 * @param {string} name
 * @param {string} text
 * @param {{ min: number, max: number }} range
 */
function wholeNumber(name, text, { min, max }) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Refusal(`${name} takes a whole number from ${min} to ${max}, not "${text}"`);
}
