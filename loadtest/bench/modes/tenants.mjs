/**
 * A thousand businesses of fifty agents in a busy hour, a hundred times slower: all are in the database, a hundredth of
 * the agents is connected, and a hundredth of the messages and answers of that hour passes.
 */
import { startCrowd } from '../driver/crowd-handle.mjs';
import { memoryOf } from '../measure/proc.mjs';
import { USUAL } from './mode.mjs';
import { cellOf, drive, loadOf, planOf } from './pipeline.mjs';

const TENANTS = 1_000;
const AGENTS = 50;
const SLOWER = 100;
/** In and out together in the busy hour, see docs/capacity.md. */
const PER_SECOND = 700;
const MEASURE_MS = 60_000;

/** @type {import('./mode.mjs').Mode} */
export const tenants = {
  ...{ ...USUAL, usual: false, size: { tenants: TENANTS, agents: AGENTS }, systems: ['ours'] },
  title: `${TENANTS.toLocaleString('en')} businesses × ${AGENTS} agents, ${SLOWER} times slower`,
  figures: {
    p50: { title: 'p50 ms', digits: 1, better: 'less' },
    p99: { title: 'p99 ms', digits: 1, better: 'less' },
    cores: { title: 'cores', digits: 3, better: 'less' },
    rssMb: { title: 'RSS MB of all', better: 'less' },
  },
  async run(bench) {
    const { running } = bench;
    const sockets = (TENANTS * AGENTS) / SLOWER;
    const crowd = await startCrowd(sockets);
    try {
      const { ports, dialect } = running.doors.screens;
      const tokens = running.team.tokens.map((own, index) => own[1 + (index % (AGENTS - 1))] ?? '');
      const { failed } = await crowd.open({ ports, dialect, count: sockets, tokens });
      const load = { ...loadOf(bench, { kind: 'open', perSecond: PER_SECOND / SLOWER }), measureMs: MEASURE_MS };
      const driven = await drive(bench, { ...planOf(bench, load), contacts: 5 }, { pids: crowd.pids });
      const cell = cellOf(driven);
      const cpuMs = Object.values(driven.reading.cpuMs).reduce((sum, ms) => sum + ms, 0);
      const rssKb = running.processes.reduce((sum, { pid }) => sum + memoryOf(pid).rssKb, 0);
      return {
        ...cell,
        figures: { ...cell.figures, cores: cpuMs / driven.result.measuredMs, rssMb: rssKb / 1024 },
        broken: [...cell.broken, ...(failed > 0 ? [`${failed} of ${sockets} connections refused`] : [])],
      };
    } finally {
      await crowd.stop();
    }
  },
};
