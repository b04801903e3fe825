/** The systems that are compared, by name. */
import { floor } from './floor/system.mjs';
import { guarded } from './guarded/system.mjs';
import { ours } from './ours/system.mjs';
import { peer } from './peer/system.mjs';

/** @satisfies {Record<(typeof import('../help.mjs').SYSTEM_NAMES)[number], System>} */
const ALL = { floor, guarded, ours, peer };

/** @typedef {import('./system.mjs').System} System */

/** @type {Record<string, System>} */
export const SYSTEMS = ALL;
