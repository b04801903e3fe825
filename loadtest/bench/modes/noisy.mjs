/** Twenty quiet businesses, alone and beside one that is written to a hundred times as much. */
import { percentile } from '../measure/stats.mjs';
import { USUAL } from './mode.mjs';
import { cellOf, drive, loadOf, planOf } from './pipeline.mjs';

const QUIET = 20;
const WEIGHT = 100;
/** Messages a second to each quiet business. */
const EACH = 2;

/** @type {import('./mode.mjs').Mode} */
export const noisy = {
  ...{ ...USUAL, title: `${QUIET} quiet businesses beside one with ${WEIGHT} times as much` },
  size: { tenants: QUIET + 1, agents: 1 },
  figures: {
    alone: { title: 'p95 alone ms', digits: 1, better: 'less' },
    beside: { title: 'p95 beside ms', digits: 1, better: 'less' },
    times: { title: 'beside / alone', digits: 2, better: 'less' },
  },
  async run(bench) {
    const plan = planOf(bench, loadOf(bench, { kind: 'open', perSecond: EACH * QUIET }));
    const alone = await drive(bench, { ...plan, run: `${plan.run}-a`, channels: plan.channels.slice(0, QUIET) });
    const load = loadOf(bench, { kind: 'open', perSecond: EACH * (QUIET + WEIGHT) });
    const beside = await drive(bench, { ...planOf(bench, load), run: `${plan.run}-b`, noisy: WEIGHT });
    const [quiet, loud] = [alone, beside].map(({ result }) => percentile(result.latencies, 0.95));
    const { broken, disturbance, figures } = cellOf(beside);
    return {
      figures: {
        ...figures,
        alone: quiet ?? Number.NaN,
        beside: loud ?? Number.NaN,
        times: (loud ?? 0) / (quiet ?? 0),
      },
      broken: [...alone.broken, ...broken],
      disturbance,
    };
  },
};
