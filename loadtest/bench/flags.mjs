/** The flags of `npm run bench`. */
import { parseArgs } from 'node:util';

import { Refusal } from '../../scripts/bootstrap/refusal.mjs';
import { MODES } from './modes/modes.mjs';
import { SYSTEMS } from './systems/systems.mjs';

const CONTROLS = ['sleep', 'lose'];
const DEFAULTS = {
  ...{ systems: Object.keys(SYSTEMS).join(), rounds: '5', warm: '20', seconds: '8', seed: '1' },
  ...{ entries: '1000000', threads: '1000,10000,100000,1000000' },
};
const QUICK = { systems: 'floor,ours,peer', rounds: '1', warm: '2', seconds: '5' };
const LARGEST = 100_000_000;

export const HELP = `npm run bench [-- flags]

Starts the floor, the floor with every promise of ours (guarded), what people would build instead (the peer) and ours
on one machine, one after the other on the same Postgres and Redis settings, drives each from outside, and prints
medians, spread and ratios. The order of the systems is reversed every other round. Results go to
loadtest/bench/results/.

  --quick            the main modes, one short round, under 3 minutes
  --only A,B         these modes: ${Object.keys(MODES).join(', ')}
  --systems A,B      these systems: ${Object.keys(SYSTEMS).join(', ')}
  --rounds N         rounds per mode, 1 to 50 (default 5)
  --warm N           seconds of a round before it is measured, 1 to 600 (default 20): V8 compiles, plans are made
  --seconds N        measured seconds of a round, 1 to 600 (default 8)
  --seed N           names a run, so that two can be told apart (default 1)
  --entries N        webhooks of the mode backlog (default 1000000)
  --threads A,B      sizes of the mode growth, rising (default 1000,10000,100000,1000000)
  --profile          leaves a CPU profile of every process in loadtest/bench/results/profiles/
  --control NAME     breaks something on purpose, to see that the bench notices: ${CONTROLS.join(', ')}
  --help             this text
`;

/**
 * @typedef {object} Flags
 * @property {boolean} help
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
  const { quick = false, help = false, profile = false } = given;
  const values = { ...DEFAULTS, ...(quick && QUICK), ...given };
  const modes = Object.keys(MODES);
  const usual = modes.filter((name) => MODES[name]?.[quick ? 'quick' : 'usual']);
  return {
    ...{ help, quick, profile },
    modes: values.only === undefined ? usual : chosen('--only', values.only, modes),
    systems: chosen('--systems', values.systems, Object.keys(SYSTEMS)),
    rounds: wholeNumber('--rounds', values.rounds, 50),
    warmMs: wholeNumber('--warm', values.warm, 600) * 1000,
    measureMs: wholeNumber('--seconds', values.seconds, 600) * 1000,
    entries: wholeNumber('--entries', values.entries, LARGEST),
    threads: values.threads.split(',').map((size) => wholeNumber('--threads', size, LARGEST)),
    seed: wholeNumber('--seed', values.seed, 1_000_000),
    control: values.control === undefined ? null : (chosen('--control', values.control, CONTROLS)[0] ?? null),
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
        ...{ control: text, entries: text, threads: text, help: { ...flag, short: 'h' } },
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
