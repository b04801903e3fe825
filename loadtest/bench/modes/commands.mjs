/** `message:send` from the command to its ack: as many as come back (50 in flight), and 200 a second. */
import { startCrowd } from '../driver/crowd-handle.mjs';
import { startMeter } from '../measure/meter.mjs';
import { percentile } from '../measure/stats.mjs';
import { cpuFigures, drive, loadOf, planOf } from './pipeline.mjs';
import { USUAL } from './mode.mjs';

/** @typedef {import('./mode.mjs').Bench} Bench */

/** Our gateways take 20 commands a second of one connection: so many carry what the floor can do. */
const TENANTS = 200;
const THREADS_EACH = 5;
const IN_FLIGHT = 50;

/**
 * @param {'window' | 'open'} kind
 * @returns {import('./mode.mjs').Mode}
 */
export function commandsMode(kind) {
  return {
    ...{ ...USUAL, title: kind === 'window' ? `message:send, ${IN_FLIGHT} in flight` : 'message:send, 200 a second' },
    size: { tenants: TENANTS, agents: 1 },
    // Nobody sends on what the floor and the peer queue either: this is about the way to the ack.
    without: ['outbound', 'housekeeping'],
    figures: {
      perSecond: { title: 'acks/s', better: 'more' },
      p50: { title: 'p50 ms', digits: 2, better: 'less' },
      p99: { title: 'p99 ms', digits: 1, better: 'less' },
      cpu: { title: 'CPU µs/command', better: 'less' },
    },
    run: (bench) => commands(bench, kind),
  };
}

/**
 * @param {Bench} bench
 * @param {'window' | 'open'} kind
 * @returns {Promise<import('./mode.mjs').Cell>}
 */
async function commands(bench, kind) {
  const { running, system } = bench;
  const threads = await makeThreads(bench);
  const crowd = await startCrowd(TENANTS);
  try {
    const { ports, dialect } = running.doors.screens;
    await crowd.open({ ports, dialect, count: TENANTS, tokens: running.team.tokens.map(([token = '']) => token) });
    const watched = { processes: running.processes, stores: running.storePids, drivers: crowd.pids };
    let meter = startMeter(watched);
    let reading = meter.stop();
    const load = loadOf(bench, { kind, inFlight: IN_FLIGHT, perSecond: 200 });
    const asked = await crowd.ask({ load, request: 'send', threads }, (phase) => {
      if (phase === 'begin') meter = startMeter(watched);
      else reading = meter.stop();
    });
    const stored = await system.outboundCount(running.databaseUrl);
    const { acked, latencies, ackedInside, measuredMs, lateMs } = asked;
    return {
      figures: {
        perSecond: (ackedInside * 1000) / measuredMs,
        p50: percentile(latencies, 0.5),
        p99: percentile(latencies, 0.99),
        ...cpuFigures(reading, ackedInside),
        ...{ refused: asked.asked - acked },
      },
      broken: stored === acked ? [] : [`${acked} acknowledged, ${stored} stored`],
      disturbance: { foreign: reading.foreign, lateP99Ms: lateMs.length > 0 ? percentile(lateMs, 0.99) : 0 },
    };
  } finally {
    await crowd.stop();
  }
}

/**
 * Customers write first, so that there is somebody to answer.
 *
 * @param {Bench} bench
 * @returns {Promise<string[][]>} threads by business
 */
async function makeThreads(bench) {
  const { team } = bench.running;
  const load = loadOf(bench, { kind: 'burst', count: TENANTS * THREADS_EACH });
  const { result } = await drive(bench, { ...planOf(bench, load), contacts: THREADS_EACH });
  return team.channels.map(({ id }) =>
    result.threads.filter(([key]) => key.startsWith(`${id} `)).map(([, thread]) => thread),
  );
}
