/** Every mode of the bench, by name. */
import { backlog } from './backlog.mjs';
import { broadcastMode } from './broadcast.mjs';
import { burst } from './burst.mjs';
import { commandsMode } from './commands.mjs';
import { growth } from './growth.mjs';
import { idle } from './idle.mjs';
import { noisy } from './noisy.mjs';
import { openMode, windowMode } from './pipeline.mjs';
import { rowsSent } from './rows-sent.mjs';
import { rows } from './rows.mjs';
import { stormMode } from './storm.mjs';
import { tenants } from './tenants.mjs';

/** @typedef {import('./mode.mjs').Mode} Mode */
/** @typedef {string} ModeName */

/** @satisfies {Record<(typeof import('../help.mjs').MODE_NAMES)[number], Mode>} */
const ALL = {
  window: windowMode(500),
  open50: openMode(50),
  open200: openMode(200),
  open1000: openMode(1_000),
  burst,
  commands: commandsMode('window'),
  commands200: commandsMode('open'),
  broadcast100: broadcastMode(100, 1),
  broadcast1000: broadcastMode(1_000, 1),
  broadcast5000: broadcastMode(5_000, 1),
  broadcast100x2: broadcastMode(100, 2),
  broadcast1000x2: broadcastMode(1_000, 2),
  broadcast5000x2: broadcastMode(5_000, 2),
  idle,
  storm: stormMode(false),
  stormApart: stormMode(true),
  noisy,
  backlog,
  growth,
  tenants,
  rows,
  rowsSent,
};

/** @type {Record<ModeName, Mode>} */
export const MODES = ALL;
