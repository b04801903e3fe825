/**
 * 5,000 sockets lose their node at one moment and come to the one that takes 200 webhooks a second; or, to see what of it
 * is the machine's, to a third that takes none.
 */
import { startCrowd } from '../driver/crowd-handle.mjs';
import { percentile } from '../measure/stats.mjs';
import { USUAL } from './mode.mjs';
import { cellOf, drive, loadOf, planOf } from './pipeline.mjs';

const SOCKETS = 5_000;
/** Businesses that are written to; the crowd belongs to as many others. */
const WRITTEN_TO = 20;
const PER_SECOND = 200;
const CALM_MS = 8_000;
const MEASURE_MS = 30_000;

/** @type {import('./mode.mjs').Mode['figures']} */
const FIGURES = {
  backS: { title: 'all back s', digits: 1, better: 'less' },
  calm: { title: 'webhook p99 calm ms', digits: 1, better: 'less' },
  storm: { title: 'webhook p99 storm ms', digits: 1, better: 'less' },
  times: { title: 'storm / calm', digits: 2, better: 'less' },
};

/**
 * @param {boolean} apart whether they come to a node that takes no webhooks
 * @returns {import('./mode.mjs').Mode}
 */
export function stormMode(apart) {
  const title = `a node with ${SOCKETS.toLocaleString('en')} sockets is killed`;
  return {
    ...{ ...USUAL, size: { tenants: WRITTEN_TO * 2, agents: 1 }, figures: FIGURES },
    ...(apart ? { title: `${title}, a third takes them`, gateways: 3, usual: false } : { title, gateways: 2 }),
    run: storm,
  };
}

/**
 * @param {import('./mode.mjs').Bench} bench
 * @returns {Promise<import('./mode.mjs').Cell>}
 */
async function storm(bench) {
  const { running, options } = bench;
  const { ports, dialect } = running.doors.screens;
  const [stays = 0, goes = 0, takes = stays] = ports;
  const count = Math.round(SOCKETS * options.scale);
  const crowd = await startCrowd(count);
  try {
    const tokens = running.team.tokens.slice(WRITTEN_TO).flat();
    const { failed } = await crowd.open({ ports: [goes], dialect, count, tokens });
    const back = crowd.comeBack([takes], count);
    let killedAt = Number.POSITIVE_INFINITY;
    const driven = await drive(bench, planBeside(bench, stays), {
      pids: crowd.pids,
      onBegin: () =>
        void setTimeout(() => {
          killedAt = Date.now();
          void running.processes.find(({ port }) => port === goes)?.stop('SIGKILL');
        }, CALM_MS),
    });
    const { backAt } = await Promise.race([back, giveUp()]);
    const cell = cellOf(driven);
    const figures = compare(driven.result, killedAt, backAt);
    return {
      ...cell,
      figures: { ...cell.figures, ...figures, backS: (backAt - killedAt) / 1000 },
      broken: [...cell.broken, ...(failed > 0 ? [`${failed} of ${count} connections refused`] : [])],
    };
  } finally {
    await crowd.stop();
  }
}

/**
 * @param {import('./mode.mjs').Bench} bench
 * @param {number} port of the gateway that stays
 * @returns {import('../driver/driver.mjs').Plan} webhooks to the node that stays, and its own screens
 */
function planBeside(bench, port) {
  const { doors } = bench.running;
  const plan = planOf(bench, { ...loadOf(bench, { kind: 'open', perSecond: PER_SECOND }), measureMs: MEASURE_MS });
  const webhook = doors.webhook.ports.includes(port) ? { ...doors.webhook, ports: [port] } : doors.webhook;
  return {
    ...plan,
    doors: { webhook, screens: { ...doors.screens, ports: [port] } },
    channels: plan.channels.slice(0, WRITTEN_TO),
    tokens: plan.tokens.slice(0, WRITTEN_TO),
  };
}

/**
 * @param {import('../driver/driver.mjs').Result} result
 * @param {number} killedAt
 * @param {number} backAt
 */
function compare({ intendedAt, latencies, answers }, killedAt, backAt) {
  const inside = (/** @type {number} */ at) => at >= killedAt && at <= backAt;
  const p99 = (/** @type {number[]} */ values, /** @type {boolean} */ stormy) =>
    percentile(
      values.filter((value, index) => {
        const at = intendedAt[index] ?? 0;
        return !Number.isNaN(value) && (stormy ? inside(at) : at < killedAt);
      }),
      0.99,
    );
  const [calm, stormy] = [p99(answers, false), p99(answers, true)];
  return {
    ...{ calm, storm: stormy, times: stormy / calm },
    ...{ screenCalm: p99(latencies, false), screenStorm: p99(latencies, true) },
  };
}

const PATIENCE_MS = 60_000;

/** @returns {Promise<never>} */
function giveUp() {
  return new Promise((_, fail) =>
    setTimeout(() => fail(new Error('some sockets never came back')), PATIENCE_MS).unref(),
  );
}
