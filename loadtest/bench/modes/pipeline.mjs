/** Webhook → screen: in open loop at a rate, and with a window of messages under way. */
import { startDriver } from '../driver/driver.mjs';
import { startMeter } from '../measure/meter.mjs';
import { percentile } from '../measure/stats.mjs';
import { broken, judge } from '../measure/verdict.mjs';
import { USUAL } from './mode.mjs';

/** @typedef {import('./mode.mjs').Mode} Mode */
/** @typedef {import('./mode.mjs').Bench} Bench */
/** @typedef {import('./mode.mjs').Cell} Cell */
/** @typedef {import('../driver/driver.mjs').Plan} Plan */
/** @typedef {import('../driver/driver.mjs').Result} Result */
/** @typedef {import('../driver/loops.mjs').Load} Load */

/** @type {Mode['figures']} */
const FIGURES = {
  perSecond: { title: 'msg/s', better: 'more' },
  p50: { title: 'p50 ms', digits: 2, better: 'less' },
  p99: { title: 'p99 ms', digits: 1, better: 'less' },
  cpu: { title: 'CPU µs/msg', better: 'less' },
};
const CONTACTS = 50;
const CONNECTIONS = 64;
/** What the fastest system takes in the longest usual round; more would be signed when needed. */
const SIGN_AHEAD = 60_000;

/**
 * @param {number} perSecond
 * @returns {Mode}
 */
export function openMode(perSecond) {
  return {
    ...{ ...USUAL, title: `open loop, ${perSecond} msg/s`, quick: perSecond === 200, figures: FIGURES },
    run: (bench) => pipeline(bench, loadOf(bench, { kind: 'open', perSecond })),
  };
}

/**
 * @param {number} inFlight
 * @returns {Mode}
 */
export function windowMode(inFlight) {
  return {
    ...{ ...USUAL, title: `sustained maximum, ${inFlight} in flight`, quick: true, figures: FIGURES },
    run: (bench) => pipeline(bench, loadOf(bench, { kind: 'window', inFlight })),
  };
}

/**
 * @param {Bench} bench
 * @param {Partial<Load> & Pick<Load, 'kind'>} load
 * @returns {Load}
 */
export function loadOf({ options: { warmMs, measureMs } }, load) {
  return { perSecond: 0, inFlight: 0, count: 0, warmMs, measureMs, ...load };
}

/**
 * @param {Bench} bench
 * @param {Load} load
 * @returns {Plan} everybody writes, everybody looks on
 */
export function planOf({ running: { doors, team }, options }, load) {
  const signAhead =
    load.kind === 'open' ? Math.ceil((load.perSecond * (load.warmMs + load.measureMs)) / 1000) : SIGN_AHEAD;
  return {
    ...{ run: options.run, doors, channels: team.channels, tokens: team.tokens.map(([token = '']) => token) },
    ...{ contacts: CONTACTS, connections: CONNECTIONS, load, noisy: null, loseOne: options.control === 'lose' },
    signAhead: load.kind === 'burst' ? load.count + 1_000 : signAhead,
  };
}

/**
 * @param {Bench} bench
 * @param {Load} load
 * @returns {Promise<Cell>}
 */
async function pipeline(bench, load) {
  return cellOf(await drive(bench, planOf(bench, load)));
}

/**
 * @typedef {{ result: Result, reading: import('../measure/meter.mjs').Reading, broken: string[] }} Driven
 */

/**
 * Drives a system, measures its CPU meanwhile, and judges what became of everything.
 *
 * @param {Bench} bench
 * @param {Plan} plan
 * @param {{ pids?: number[], onBegin?: () => void }} [more] other processes of the driver; called when measuring begins
 * @returns {Promise<Driven>}
 */
export async function drive({ system, running }, plan, { pids = [], onBegin } = {}) {
  const driver = await startDriver();
  try {
    const watched = { processes: running.processes, stores: running.storePids, drivers: [driver.pid, ...pids] };
    let meter = startMeter(watched);
    /** @type {import('../measure/meter.mjs').Reading | undefined} */
    let reading;
    const result = await driver.run(plan, (phase) => {
      if (phase === 'end') return void (reading = meter.stop());
      meter = startMeter(watched);
      onBegin?.();
    });
    const verdict = judge(result, await system.conversations(running.databaseUrl));
    return { result, reading: reading ?? meter.stop(), broken: broken(verdict) };
  } finally {
    await driver.stop();
  }
}

/**
 * @param {Driven} driven
 * @returns {Cell}
 */
export function cellOf({ result, reading, broken }) {
  const { seenInside, measuredMs, sent, refused, lateMs, drainedMs } = result;
  const latencies = result.latencies.filter((ms) => !Number.isNaN(ms));
  return {
    figures: {
      perSecond: (seenInside * 1000) / measuredMs,
      p50: percentile(latencies, 0.5),
      p95: percentile(latencies, 0.95),
      p99: percentile(latencies, 0.99),
      ...cpuFigures(reading, seenInside),
      ...{ sent, refused, drainedMs },
    },
    broken,
    disturbance: { foreign: reading.foreign, lateP99Ms: lateMs.length > 0 ? percentile(lateMs, 0.99) : 0 },
  };
}

/**
 * @param {import('../measure/meter.mjs').Reading} reading
 * @param {number} count messages, or whatever was done so often
 * @returns {Record<string, number>} `cpu` of all and `cpu.<process>`, µs for each
 */
export function cpuFigures({ cpuMs }, count) {
  const each = Object.entries(cpuMs).map(([name, ms]) => [`cpu.${name}`, (ms * 1000) / count]);
  const total = Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0);
  return { cpu: (total * 1000) / count, ...Object.fromEntries(each) };
}
