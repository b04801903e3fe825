/** The systems that are compared, by name. */
import { floor } from './floor/system.mjs';
import { guarded } from './guarded/system.mjs';
import { ours } from './ours/system.mjs';
import { peer } from './peer/system.mjs';

/** @type {Record<string, import('./system.mjs').System>} */
export const SYSTEMS = { floor, guarded, ours, peer };
