/** The bench's handle on a crowd: its connections are shared out over processes with a source address each. */
import { fileURLToPath } from 'node:url';

import { startHelper } from './helper.mjs';

const CROWD = fileURLToPath(new URL('crowd.mjs', import.meta.url));
/** Beyond this a process of Node would be busy with its own connections. */
const PER_PROCESS = 2_500;
const AT_ONCE = 50;

/**
 * @typedef {object} OpenOrder
 * @property {'open'} do
 * @property {number[]} ports
 * @property {string[]} tokens
 * @property {import('./dialects.mjs').DialectName} dialect
 * @property {number} count
 * @property {string} localAddress
 * @property {number} atOnce connecting at a time
 *
 * @typedef {object} AskOrder
 * @property {'ask'} do
 * @property {import('./loops.mjs').Load} load
 * @property {'send' | 'type'} request
 * @property {string[][]} threads by connection, again from the start when there are fewer
 *
 * @typedef {object} Asked
 * @property {number[]} latencies intended → ack, ms, of the measured commands that were acknowledged
 * @property {number} ackedInside while measuring
 * @property {number} measuredMs
 * @property {number} asked
 * @property {number} acked
 * @property {number[]} lateMs
 * @property {number} frames that reached the connections while measuring
 *
 * @typedef {object} Crowd
 * @property {number[]} pids
 * @property {(order: Omit<OpenOrder, 'do' | 'localAddress' | 'atOnce'>) => Promise<{ openMs: number, failed: number }>} open
 * @property {(order: Omit<AskOrder, 'do'>, onMeasure?: (phase: string) => void) => Promise<Asked>} ask the load is
 *   shared out too
 * @property {(ports: number[], count: number) => Promise<{ backAt: number }>} comeBack `count` is the whole crowd's
 * @property {() => Promise<void>} stop
 */

/**
 * @param {number} count connections in all
 * @returns {Promise<Crowd>}
 */
export async function startCrowd(count) {
  const parts = Math.max(1, Math.ceil(count / PER_PROCESS));
  const helpers = await Promise.all(Array.from({ length: parts }, () => startHelper(CROWD)));
  const share = (/** @type {number} */ total) => Math.ceil(total / parts);
  return {
    pids: helpers.map(({ pid }) => pid),
    async open(order) {
      const opened = await Promise.all(
        helpers.map(({ ask }, index) =>
          ask({
            ...{ ...order, do: 'open', count: Math.min(share(count), count - index * share(count)) },
            ...{ localAddress: `127.0.0.${index + 2}`, atOnce: share(AT_ONCE) },
          }),
        ),
      );
      return {
        openMs: Math.max(...opened.map(({ openMs }) => openMs)),
        failed: opened.reduce((/** @type {number} */ sum, part) => sum + Number(part.failed), 0),
      };
    },
    async ask(order, onMeasure) {
      const { load } = order;
      const part = { ...load, perSecond: load.perSecond / parts, inFlight: share(load.inFlight) };
      const answers = await Promise.all(
        helpers.map(({ ask }, index) => ask({ ...order, do: 'ask', load: part }, index === 0 ? onMeasure : undefined)),
      );
      return merge(answers);
    },
    async comeBack(ports, total) {
      const back = await Promise.all(
        helpers.map(({ ask }, index) =>
          ask({ do: 'come back', ports, count: Math.min(share(total), total - index * share(total)) }),
        ),
      );
      return { backAt: Math.max(...back.map(({ backAt }) => backAt)) };
    },
    async stop() {
      await Promise.all(helpers.map(({ stop }) => stop()));
    },
  };
}

/**
 * @param {Asked[]} parts
 * @returns {Asked}
 */
function merge(parts) {
  const sum = (/** @type {'ackedInside' | 'asked' | 'acked' | 'frames'} */ name) =>
    parts.reduce((total, part) => total + part[name], 0);
  return {
    latencies: parts.flatMap(({ latencies }) => latencies),
    lateMs: parts.flatMap(({ lateMs }) => lateMs),
    ...{ ackedInside: sum('ackedInside'), asked: sum('asked'), acked: sum('acked'), frames: sum('frames') },
    measuredMs: Math.max(...parts.map(({ measuredMs }) => measuredMs)),
  };
}
