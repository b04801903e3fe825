/** What a mode is. */

/**
 * @typedef {object} Options
 * @property {number} measureMs
 * @property {number} warmMs
 * @property {string | null} control
 * @property {string} run unique, part of every message's id
 * @property {number} scale 1; smaller in tests
 * @property {number} entries of a backlog
 * @property {number[]} threads sizes of a growing business, rising
 *
 * @typedef {object} Bench What a mode runs against: one system, started for it.
 * @property {import('../systems/system.mjs').System} system
 * @property {import('../running.mjs').Running} running
 * @property {Options} options
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
 * @property {import('../systems/system.mjs').Size} size
 * @property {number} gateways
 * @property {string[]} [without] processes that are not started
 * @property {string[]} [later] one of them is started by the mode itself
 * @property {string[]} [systems] those it makes sense for; default all
 * @property {(bench: Bench) => Promise<Cell>} run
 */

/** What most modes have: twenty businesses, one number and one agent each, one gateway. */
export const USUAL = { size: { tenants: 20, agents: 1 }, gateways: 1, quick: false, usual: true };
