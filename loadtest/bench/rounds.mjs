/** Rounds: every system meets every mode, in an order that is reversed every other round. */
import { fileURLToPath } from 'node:url';

import { say } from '../../scripts/bootstrap/refusal.mjs';
import { FOREIGN_LIMIT } from './measure/meter.mjs';
import { MODES } from './modes/modes.mjs';
import { prepareSystem, startSystem } from './running.mjs';
import { SYSTEMS } from './systems/systems.mjs';

/** @typedef {import('./modes/mode.mjs').Cell} Cell */
/** @typedef {{ mode: string, system: string, round: number, cell: Cell, spoiled: string | null }} Round */
/** @typedef {Pick<import('./flags.mjs').Flags,
 *   'modes' | 'systems' | 'rounds' | 'warmMs' | 'measureMs' | 'seed' | 'control' | 'quick' | 'entries' | 'threads'>} Order */
/** @typedef {{ stores: import('./stores.mjs').Stores, logDir: string, profileDir: string | null, prefix: string,
 *   scale: number }} Place `scale`: share of the sockets and webhooks of the large modes */

/** How often a spoiled round is repeated before it is kept and called spoiled. */
const REPEATS = 1;
/** The driver was so late that it measured itself. */
const LATE_LIMIT_MS = 25;
/** The control of --control sleep. */
const SLEEP = fileURLToPath(new URL('systems/ours/sleep.mjs', import.meta.url));

/**
 * @param {Order} order
 * @param {Place} place
 * @returns {Promise<Round[]>}
 */
export async function runRounds(order, place) {
  const prepared = preparer(place);
  /** @type {Round[]} */
  const rounds = [];
  for (const { round, mode, name } of scheduleOf(order)) {
    rounds.push(await settle({ order, place, prepared: await prepared(name, mode), mode, name, round }));
  }
  return rounds;
}

/**
 * @param {Order} order
 * @returns {{ round: number, mode: string, name: string }[]} in the order of running
 */
function scheduleOf({ modes, systems, rounds }) {
  return Array.from({ length: rounds }, (_, round) => {
    const order = round % 2 === 0 ? systems : [...systems].reverse();
    return modes.flatMap((mode) => {
      const fits = modeNamed(mode).systems ?? order;
      return order.filter((name) => fits.includes(name)).map((name) => ({ round, mode, name }));
    });
  }).flat();
}

/**
 * @param {Place} place
 * @returns {(name: string, mode: string) => Promise<import('./running.mjs').Prepared>} once per system and size
 */
function preparer({ stores, prefix }) {
  /** @type {Map<string, Promise<import('./running.mjs').Prepared>>} */
  const made = new Map();
  return (name, mode) => {
    const { size } = modeNamed(mode);
    const key = `${name} ${size.tenants} ${size.agents}`;
    const known = made.get(key);
    if (known) return known;
    say(`preparing ${name} with ${size.tenants} businesses ...`);
    const making = prepareSystem(systemNamed(name), stores, prefix, size);
    made.set(key, making);
    return making;
  };
}

/** @typedef {{ order: Order, place: Place, prepared: import('./running.mjs').Prepared, mode: string, name: string,
 *   round: number }} Task */

/**
 * Runs one round, and again when something else on the machine spoiled it.
 *
 * @param {Task} task
 * @returns {Promise<Round>}
 */
async function settle(task) {
  const { mode, name, round, order } = task;
  for (let attempt = 0; ; attempt += 1) {
    const cell = await runOnce(task, attempt);
    const spoiled = spoiledBy(cell);
    const head = `round ${round + 1}/${order.rounds}  ${mode}  ${name}`;
    say(`${head}: ${describe(mode, cell)}${cell.broken.length > 0 ? `  BROKEN: ${cell.broken.join(', ')}` : ''}`);
    if (spoiled === null || attempt >= (order.quick ? 0 : REPEATS)) return { mode, system: name, round, cell, spoiled };
    say(`${head}: spoiled (${spoiled}), once more`);
  }
}

/**
 * @param {Task} task
 * @param {number} attempt
 * @returns {Promise<Cell>}
 */
async function runOnce({ order, place, prepared, mode, name, round }, attempt) {
  const system = systemNamed(name);
  const { warmMs, measureMs, control, seed, entries, threads } = order;
  const { stores, prefix, logDir, profileDir, scale } = place;
  const running = await startSystem(system, stores, {
    ...{ prepared, database: `${prefix}_${name}`, logDir },
    ...specsOf(system, mode, control),
    profile: profileDir === null ? null : { dir: profileDir, name: `${mode}-${name}-${round + 1}` },
  });
  try {
    const run = `${seed}-${mode}-${round}-${attempt}`;
    const options = { measureMs, warmMs, control, run, scale, entries, threads };
    return await modeNamed(mode).run({ system, running, options });
  } finally {
    await running.stop();
  }
}

/**
 * @param {import('./systems/system.mjs').System} system
 * @param {string} mode
 * @param {string | null} control
 */
function specsOf(system, mode, control) {
  const { gateways, without = [], later = [] } = modeNamed(mode);
  const slow = control === 'sleep' && system.name === 'ours';
  const wanted = system
    .processes(gateways)
    .filter(({ name }) => !without.includes(name))
    .map((spec) => (slow && spec.name === 'inbound' ? { ...spec, execArgv: ['--import', SLEEP] } : spec));
  return {
    specs: wanted.filter(({ name }) => !later.includes(name)),
    later: wanted.find(({ name }) => later.includes(name)) ?? null,
  };
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
