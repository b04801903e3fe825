/** 20,000 webhooks at once: how long until all are on screen, and what that does to the memory of every process. */
import { watchMemory } from '../measure/memory.mjs';
import { loadOf, cellOf, drive, planOf } from './pipeline.mjs';
import { USUAL } from './mode.mjs';

const COUNT = 20_000;

/** @type {import('./mode.mjs').Mode} */
export const burst = {
  ...{ ...USUAL, title: `burst of ${COUNT.toLocaleString('en')} webhooks` },
  figures: {
    perSecond: { title: 'drained msg/s', better: 'more' },
    p99: { title: 'last on screen ms', better: 'less' },
    growthMb: { title: 'most RSS gained MB', better: 'less' },
    refused: { title: 'refused', better: 'less' },
  },
  async run(bench) {
    const plan = planOf(bench, loadOf(bench, { kind: 'burst', count: Math.round(COUNT * bench.options.scale) }));
    const memory = watchMemory(bench.running.processes);
    const cell = cellOf(await drive(bench, plan, { onBegin: () => memory.begin() }));
    const gained = memory.stop();
    const each = Object.entries(gained).map(([name, mb]) => [`rss.${name}`, mb]);
    return {
      ...cell,
      figures: { ...cell.figures, growthMb: Math.max(...Object.values(gained)), ...Object.fromEntries(each) },
    };
  },
};
