/** Webhook → screen: in open loop at a rate, and with a window of messages under way. */
import { startDriver } from '../driver/driver.mjs';
import { startMeter } from '../measure/meter.mjs';
import { percentile } from '../measure/stats.mjs';
import { broken, judge } from '../measure/verdict.mjs';

/** @typedef {import('./modes.mjs').Mode} Mode */
/** @typedef {import('./modes.mjs').Bench} Bench */
/** @typedef {import('./modes.mjs').Cell} Cell */

/** @type {Mode['figures']} */
const FIGURES = {
  perSecond: { title: 'msg/s', better: 'more' },
  p50: { title: 'p50 ms', digits: 2, better: 'less' },
  p99: { title: 'p99 ms', digits: 1, better: 'less' },
  cpu: { title: 'CPU µs/msg', better: 'less' },
};

const CONTACTS = 50;
const CONNECTIONS = 64;

/**
 * @param {number} perSecond
 * @returns {Mode}
 */
export function openMode(perSecond) {
  return {
    title: `open loop, ${perSecond} msg/s`,
    quick: perSecond === 200,
    usual: true,
    figures: FIGURES,
    run: (bench) => {
      const { warmMs, measureMs } = bench.options;
      const signAhead = Math.ceil((perSecond * (warmMs + measureMs)) / 1000);
      return measure(bench, { kind: 'open', perSecond, warmMs, measureMs }, signAhead);
    },
  };
}

/**
 * @param {number} inFlight
 * @returns {Mode}
 */
export function windowMode(inFlight) {
  return {
    title: `sustained maximum, ${inFlight} in flight`,
    quick: true,
    usual: true,
    figures: FIGURES,
    run: (bench) => {
      const { warmMs, measureMs } = bench.options;
      return measure(bench, { kind: 'window', inFlight, warmMs, measureMs }, SIGN_AHEAD);
    },
  };
}

/** What the fastest system takes in the longest usual round; more would be signed when needed. */
const SIGN_AHEAD = 60_000;

/**
 * @param {Bench} bench
 * @param {import('../driver/loops.mjs').Load} load
 * @param {number} signAhead
 * @returns {Promise<Cell>}
 */
async function measure({ system, running, options }, load, signAhead) {
  const driver = await startDriver();
  try {
    const watched = { processes: running.processes, stores: running.storePids, drivers: [driver.pid] };
    let meter = startMeter(watched);
    /** @type {import('../measure/meter.mjs').Reading | undefined} */
    let reading;
    const plan = {
      ...{ run: options.run, doors: running.doors, secret: running.team.secret, channels: running.team.channels },
      ...{ tokens: running.team.tokens, contacts: CONTACTS, connections: CONNECTIONS, signAhead, load },
      loseOne: options.control === 'lose' ? 10 : null,
    };
    const result = await driver.run(plan, (phase) => {
      if (phase === 'begin') meter = startMeter(watched);
      else reading = meter.stop();
    });
    const verdict = judge(result, await system.conversations(running.databaseUrl));
    return cellOf(result, reading ?? meter.stop(), broken(verdict));
  } finally {
    await driver.stop();
  }
}

/**
 * @param {import('../driver/driver.mjs').Result} result
 * @param {import('../measure/meter.mjs').Reading} reading
 * @param {string[]} promises that were broken
 * @returns {Cell}
 */
function cellOf(result, reading, promises) {
  const { latencies, seenInside, measuredMs, sent, refused, lateMs, drainedMs } = result;
  const cpu = Object.entries(reading.cpuMs).map(([name, ms]) => [`cpu.${name}`, (ms * 1000) / seenInside]);
  const total = Object.values(reading.cpuMs).reduce((sum, ms) => sum + ms, 0);
  return {
    figures: {
      perSecond: (seenInside * 1000) / measuredMs,
      p50: percentile(latencies, 0.5),
      p95: percentile(latencies, 0.95),
      p99: percentile(latencies, 0.99),
      cpu: (total * 1000) / seenInside,
      ...Object.fromEntries(cpu),
      ...{ sent, refused, drainedMs },
    },
    broken: promises,
    disturbance: { foreign: reading.foreign, lateP99Ms: lateMs.length > 0 ? percentile(lateMs, 0.99) : 0 },
  };
}
