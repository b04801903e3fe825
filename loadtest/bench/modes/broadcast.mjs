/**
 * One frame to everybody of a business, over one node and over two: typing signals, which go through the Socket.IO
 * adapter here as on the floor, where nothing but the adapter stands between.
 */
import { startCrowd } from '../driver/crowd-handle.mjs';
import { startMeter } from '../measure/meter.mjs';
import { USUAL } from './mode.mjs';
import { cpuFigures, drive, loadOf, planOf } from './pipeline.mjs';

/** Signals under way: enough to keep the nodes busy, too few to fill their buffers. */
const IN_FLIGHT = 4;

/**
 * @param {number} sockets
 * @param {number} gateways
 * @returns {import('./mode.mjs').Mode}
 */
export function broadcastMode(sockets, gateways) {
  return {
    ...{ ...USUAL, gateways, size: { tenants: 1, agents: 1 }, systems: ['floor', 'ours'] },
    title: `broadcast to ${sockets.toLocaleString('en')} sockets, ${gateways === 1 ? 'one node' : 'two nodes'}`,
    figures: {
      perSecond: { title: 'deliveries/s', better: 'more' },
      passedOn: { title: '% passed on', better: 'more' },
      cpu: { title: 'CPU µs/delivery', digits: 1, better: 'less' },
    },
    run: (bench) => broadcast(bench, Math.round(sockets * bench.options.scale)),
  };
}

/**
 * @param {import('./mode.mjs').Bench} bench
 * @param {number} sockets
 * @returns {Promise<import('./mode.mjs').Cell>}
 */
async function broadcast(bench, sockets) {
  const { running } = bench;
  const { result } = await drive(bench, planOf(bench, loadOf(bench, { kind: 'burst', count: 1 })));
  const threads = [result.threads.map(([, thread]) => thread)];
  const crowd = await startCrowd(sockets);
  try {
    const { ports, dialect } = running.doors.screens;
    const { failed } = await crowd.open({ ports, dialect, count: sockets, tokens: running.team.tokens.flat() });
    const watched = { processes: running.processes, stores: running.storePids, drivers: crowd.pids };
    let meter = startMeter(watched);
    let reading = meter.stop();
    const load = loadOf(bench, { kind: 'window', inFlight: IN_FLIGHT });
    const { frames, measuredMs, asked, acked, ackedInside } = await crowd.ask(
      { load, request: 'type', threads },
      (phase) => {
        if (phase === 'begin') meter = startMeter(watched);
        else reading = meter.stop();
      },
    );
    return {
      figures: {
        perSecond: (frames * 1000) / measuredMs,
        passedOn: (100 * frames) / (ackedInside * (sockets - 1)),
        ...cpuFigures(reading, frames),
        refused: asked - acked,
      },
      broken: failed > 0 ? [`${failed} of ${sockets} connections refused`] : [],
      disturbance: { foreign: reading.foreign, lateP99Ms: 0 },
    };
  } finally {
    await crowd.stop();
  }
}
