/** The bench's handle on the process that sends webhooks or commands and looks on. */
import { fileURLToPath } from 'node:url';

import { startHelper } from './helper.mjs';

const MAIN = fileURLToPath(new URL('main.mjs', import.meta.url));

/**
 * @typedef {object} Plan
 * @property {string} run part of every message's id, unique per run
 * @property {import('../systems/system.mjs').Doors} doors
 * @property {{ id: string, secret: string }[]} channels that are written to
 * @property {string[]} tokens of those who look on
 * @property {number} contacts per channel
 * @property {number} connections for webhooks
 * @property {number} signAhead webhooks signed before the start
 * @property {import('./loops.mjs').Load} load
 * @property {number | null} noisy weight of the last channel against each other one; its messages are not measured
 * @property {boolean} loseOne the control: one webhook is called accepted and never sent
 */

/**
 * @typedef {object} Result
 * @property {number[]} intendedAt of the measured, ms since 1970
 * @property {number[]} latencies of the same, intended → screen (or ack), ms; NaN for what never came
 * @property {number[]} answers of the same, intended → HTTP answer, ms
 * @property {number} seenInside messages seen while measuring
 * @property {number} measuredMs
 * @property {number} sent
 * @property {number} refused answered otherwise than with 200
 * @property {number} unseen accepted and never on a screen
 * @property {number} copies seen twice
 * @property {number} strangers seen and never sent
 * @property {[string, string[]][]} accepted `channel contact` → accepted wamids in order
 * @property {[string, string][]} threads `channel contact` → id of the thread
 * @property {number[]} lateMs how late the driver itself was, per message, open loop only
 * @property {number} drainedMs from the last sending until everything was seen
 */

/**
 * @typedef {object} Driver
 * @property {number} pid
 * @property {(plan: Plan, onMeasure?: (phase: 'begin' | 'end') => void) => Promise<Result>} run
 * @property {() => Promise<void>} stop
 */

/** @returns {Promise<Driver>} */
export async function startDriver() {
  const { pid, ask, stop } = await startHelper(MAIN);
  return { pid, stop, run: (plan, onMeasure) => ask(plan, (note) => onMeasure?.(note === 'begin' ? 'begin' : 'end')) };
}
