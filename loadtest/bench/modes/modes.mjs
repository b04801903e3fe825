/** Every mode of the bench, by name. */
import { openMode, windowMode } from './pipeline.mjs';

/** @typedef {string} ModeName */

/**
 * @typedef {object} Bench What a mode runs against: one system, started for it.
 * @property {import('../systems/system.mjs').System} system
 * @property {import('../running.mjs').Running} running
 * @property {{ measureMs: number, warmMs: number, control: string | null, run: string }} options
 *
 * @typedef {object} Cell What a mode found out about a system in one round.
 * @property {Record<string, number>} figures
 * @property {string[]} broken promises that were broken, in words
 * @property {{ foreign: number, lateP99Ms: number }} disturbance
 *
 * @typedef {object} Figure
 * @property {string} title
 * @property {number} [digits]
 * @property {'more' | 'less'} better
 *
 * @typedef {object} Mode
 * @property {string} title
 * @property {boolean} quick whether `--quick` runs it
 * @property {boolean} usual whether a run without `--only` does
 * @property {Record<string, Figure>} figures
 * @property {(bench: Bench) => Promise<Cell>} run
 */

/** @type {Record<ModeName, Mode>} */
export const MODES = {
  window: windowMode(500),
  open50: openMode(50),
  open200: openMode(200),
  open1000: openMode(1_000),
};
