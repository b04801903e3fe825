/** The flags of `npm run bench`. */
import { parseArgs } from 'node:util';

import { Refusal } from '../../scripts/bootstrap/refusal.mjs';
import { CONTROL_NAMES } from './help.mjs';
import { MODES } from './modes/modes.mjs';
import { SYSTEMS } from './systems/systems.mjs';

const DEFAULTS = {
  ...{ systems: Object.keys(SYSTEMS).join(), rounds: '5', warm: '20', seconds: '8', seed: '1' },
  ...{ entries: '1000000', threads: '1000,10000,100000,1000000' },
};
const QUICK = { systems: 'floor,ours,peer', rounds: '1', warm: '2', seconds: '5' };
const LARGEST = 100_000_000;

/**
 * @typedef {object} Flags
 * @property {boolean} quick
 * @property {string[]} modes
 * @property {string[]} systems
 * @property {number} rounds
 * @property {number} warmMs
 * @property {number} measureMs
 * @property {number} seed
 * @property {number} entries
 * @property {number[]} threads
 * @property {boolean} profile
 * @property {string | null} control
 */

/**
 * @param {string[]} args
 * @returns {Flags}
 * @throws {Refusal} naming the flag and what it takes
 */
export function parseFlags(args) {
  const given = parse(args);
  const { quick = false, profile = false } = given;
  const values = { ...DEFAULTS, ...(quick && QUICK), ...given };
  const modes = Object.keys(MODES);
  const usual = modes.filter((name) => MODES[name]?.[quick ? 'quick' : 'usual']);
  return {
    ...{ quick, profile },
    modes: values.only === undefined ? usual : chosen('--only', values.only, modes),
    systems: chosen('--systems', values.systems, Object.keys(SYSTEMS)),
    rounds: wholeNumber('--rounds', values.rounds, 50),
    warmMs: wholeNumber('--warm', values.warm, 600) * 1000,
    measureMs: wholeNumber('--seconds', values.seconds, 600) * 1000,
    entries: wholeNumber('--entries', values.entries, LARGEST),
    threads: values.threads.split(',').map((size) => wholeNumber('--threads', size, LARGEST)),
    seed: wholeNumber('--seed', values.seed, 1_000_000),
    control: values.control === undefined ? null : (chosen('--control', values.control, CONTROL_NAMES)[0] ?? null),
  };
}

/** @param {string[]} args */
function parse(args) {
  const text = /** @type {const} */ ({ type: 'string' });
  const flag = /** @type {const} */ ({ type: 'boolean' });
  try {
    return parseArgs({
      args,
      options: {
        ...{
          quick: flag,
          only: text,
          systems: text,
          rounds: text,
          warm: text,
          seconds: text,
          seed: text,
          profile: flag,
        },
        ...{ control: text, entries: text, threads: text },
      },
    }).values;
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\nnpm run bench -- --help lists the flags`);
  }
}

/**
 * @param {string} name
 * @param {string} text
 * @param {string[]} allowed
 */
function chosen(name, text, allowed) {
  const words = text.split(',');
  const unknown = words.find((word) => !allowed.includes(word));
  if (unknown === undefined) return words;
  throw new Refusal(`${name} takes ${allowed.join(', ')}; not "${unknown}"`);
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number} max
 */
function wholeNumber(name, text, max) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw new Refusal(`${name} takes a whole number from 1 to ${max}, not "${text}"`);
}
