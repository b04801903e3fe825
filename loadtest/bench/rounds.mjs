/** Rounds: every system meets every mode, in an order that is reversed every other round. */
import { fileURLToPath } from 'node:url';

import { say } from '../../scripts/bootstrap/refusal.mjs';
import { FOREIGN_LIMIT } from './measure/meter.mjs';
import { MODES } from './modes/modes.mjs';
import { prepareSystem, startSystem } from './running.mjs';
import { SYSTEMS } from './systems/systems.mjs';

/** @typedef {import('./modes/modes.mjs').Cell} Cell */
/** @typedef {{ mode: string, system: string, round: number, cell: Cell, spoiled: string | null }} Round */

/** One number and one agent per tenant; so long nothing is measured at first. */
const USUAL = { tenants: 20, warmMs: 2_000 };
/** Numbers' ids, as Meta's look. */
const FIRST_CHANNEL = 100_000_000_001_000;
/** How often a spoiled round is repeated before it is kept and called spoiled. */
const REPEATS = 1;
/** The driver was so late that it measured itself. */
const LATE_LIMIT_MS = 25;
/** The control of --control sleep. */
const SLEEP = fileURLToPath(new URL('systems/ours/sleep.mjs', import.meta.url));

/**
 * @param {Pick<import('./flags.mjs').Flags, 'modes' | 'systems' | 'rounds' | 'measureMs' | 'seed' | 'control' | 'quick'>} flags
 * @param {{ stores: import('./stores.mjs').Stores, logDir: string, profileDir: string | null, prefix: string }} place
 * @param {typeof USUAL} [scale]
 * @returns {Promise<Round[]>}
 */
export async function runRounds(flags, place, scale = USUAL) {
  const { stores, prefix } = place;
  const channels = Array.from({ length: scale.tenants }, (_, index) => String(FIRST_CHANNEL + index));
  /** @type {Map<string, import('./systems/system.mjs').Team>} */
  const teams = new Map();
  for (const name of flags.systems) {
    say(`preparing ${name} ...`);
    teams.set(name, await prepareSystem(systemNamed(name), stores, { prefix, channels }));
  }
  /** @type {Round[]} */
  const rounds = [];
  for (const { round, mode, name } of scheduleOf(flags)) {
    const team = teams.get(name);
    if (team) rounds.push(await settle({ flags, place, warmMs: scale.warmMs, team, mode, name, round }));
  }
  return rounds;
}

/**
 * @param {Pick<import('./flags.mjs').Flags, 'modes' | 'systems' | 'rounds'>} flags
 * @returns {{ round: number, mode: string, name: string }[]} in the order of running
 */
function scheduleOf({ modes, systems, rounds }) {
  return Array.from({ length: rounds }, (_, round) => {
    const order = round % 2 === 0 ? systems : [...systems].reverse();
    return modes.flatMap((mode) => order.map((name) => ({ round, mode, name })));
  }).flat();
}

/** @typedef {{ flags: Parameters<typeof runRounds>[0], place: Parameters<typeof runRounds>[1], warmMs: number,
 *   team: import('./systems/system.mjs').Team, mode: string, name: string, round: number }} Task */

/**
 * Runs one round, and again when something else on the machine spoiled it.
 *
 * @param {Task} task
 * @returns {Promise<Round>}
 */
async function settle(task) {
  const { mode, name, round, flags } = task;
  for (let attempt = 0; ; attempt += 1) {
    const cell = await runOnce(task, attempt);
    const spoiled = spoiledBy(cell);
    const head = `round ${round + 1}/${flags.rounds}  ${mode}  ${name}`;
    say(`${head}: ${describe(mode, cell)}${cell.broken.length > 0 ? `  BROKEN: ${cell.broken.join(', ')}` : ''}`);
    if (spoiled === null || attempt >= (flags.quick ? 0 : REPEATS)) return { mode, system: name, round, cell, spoiled };
    say(`${head}: spoiled (${spoiled}), once more`);
  }
}

/**
 * @param {Task} task
 * @param {number} attempt
 * @returns {Promise<Cell>}
 */
async function runOnce({ flags, place, warmMs, team, mode, name, round }, attempt) {
  const system = systemNamed(name);
  const { stores, prefix, logDir, profileDir } = place;
  /** @type {Record<string, string>} */
  const preload = flags.control === 'sleep' && name === 'ours' ? { inbound: SLEEP } : {};
  const run = `${flags.seed}-${mode}-${round}-${attempt}`;
  const profile = profileDir === null ? null : { dir: profileDir, name: `${mode}-${name}-${round + 1}` };
  const running = await startSystem(system, stores, { prefix, team, gateways: 1, logDir, profile, preload });
  try {
    const options = { measureMs: flags.measureMs, warmMs, control: flags.control, run };
    return await modeNamed(mode).run({ system, running, options });
  } finally {
    await running.stop();
  }
}

/** @param {Cell} cell */
function spoiledBy({ disturbance: { foreign, lateP99Ms } }) {
  if (foreign > FOREIGN_LIMIT) return `other programs used ${Math.round(foreign * 100)} % of the machine`;
  return lateP99Ms > LATE_LIMIT_MS ? `the driver was ${Math.round(lateP99Ms)} ms late` : null;
}

/**
 * @param {string} mode
 * @param {Cell} cell
 */
function describe(mode, { figures }) {
  return Object.entries(modeNamed(mode).figures)
    .map(([name, { title, digits = 0 }]) => `${title} ${(figures[name] ?? Number.NaN).toFixed(digits)}`)
    .join('  ');
}

/** @param {string} name */
function systemNamed(name) {
  const system = SYSTEMS[name];
  if (!system) throw new Error(`no system ${name}`);
  return system;
}

/** @param {string} name */
function modeNamed(name) {
  const mode = MODES[name];
  if (!mode) throw new Error(`no mode ${name}`);
  return mode;
}
