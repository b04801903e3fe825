/** 5,000 agents who do nothing: how fast they connect and what each costs in memory. */
import { setTimeout as sleep } from 'node:timers/promises';

import { startCrowd } from '../driver/crowd-handle.mjs';
import { startMeter } from '../measure/meter.mjs';
import { memoryOf } from '../measure/proc.mjs';
import { USUAL } from './mode.mjs';
import { cpuFigures } from './pipeline.mjs';

const SOCKETS = 5_000;
/** Connected before, so that what a process needs once is not counted as a socket's. */
const FIRST = 100;
const SETTLE_MS = 5_000;

/** @type {import('./mode.mjs').Mode} */
export const idle = {
  ...{ ...USUAL, title: `${SOCKETS.toLocaleString('en')} idle sockets` },
  figures: {
    kbEach: { title: 'KB RSS each', digits: 1, better: 'less' },
    perSecond: { title: 'connects/s', better: 'more' },
    cpu: { title: 'CPU µs/connect', better: 'less' },
  },
  async run({ running, options }) {
    const { ports, dialect } = running.doors.screens;
    const front = running.processes.find(({ port }) => ports.includes(port));
    const count = Math.round(SOCKETS * options.scale);
    const order = { ports, dialect, tokens: running.team.tokens.flat() };
    const [first, crowd] = await Promise.all([startCrowd(FIRST), startCrowd(count)]);
    try {
      await first.open({ ...order, count: FIRST });
      const beforeKb = memoryOf(front?.pid ?? 0).rssKb;
      const processes = front ? [front] : [];
      const meter = startMeter({ processes, stores: running.storePids, drivers: crowd.pids });
      const { openMs, failed } = await crowd.open({ ...order, count });
      const reading = meter.stop();
      await sleep(SETTLE_MS);
      const gainedKb = memoryOf(front?.pid ?? 0).rssKb - beforeKb;
      return {
        figures: { kbEach: gainedKb / count, perSecond: (count * 1000) / openMs, ...cpuFigures(reading, count) },
        broken: failed > 0 ? [`${failed} of ${count} connections refused`] : [],
        disturbance: { foreign: reading.foreign, lateP99Ms: 0 },
      };
    } finally {
      await Promise.all([first.stop(), crowd.stop()]);
    }
  },
};
