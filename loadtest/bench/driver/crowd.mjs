/** A process of many connections: opens them, has them ask and listen, brings them back when they are cut. */
import { setTimeout as sleep } from 'node:timers/promises';

import { CommandBook } from './command-book.mjs';
import { DIALECTS } from './dialects.mjs';
import { serveOrders } from './helper.mjs';
import { LOOPS } from './loops.mjs';
import { ASK } from './requests.mjs';

/** @typedef {import('./dialects.mjs').Screen} Screen */
/** @typedef {import('./crowd-handle.mjs').OpenOrder} OpenOrder */
/** @typedef {import('./crowd-handle.mjs').AskOrder} AskOrder */

/** Between being cut and coming back, as our web inbox does it: least and most, ms. */
const RETURN_MS = { least: 200, most: 2_000 };
const RETRIES = 100;

/** @type {OpenOrder} */
let opened;
/** @type {(Screen | null)[]} */
let screens = [];
/** @type {({ epoch: string, seq: number } | null)[]} */
let cursors = [];
/** Frames of any kind but `ready` that arrived since the crowd was opened. */
let frames = 0;
/** @type {number[] | null} where those who are cut go; null: nowhere */
let refuge = null;
let returned = 0;
/** @type {(() => void)[]} */
let onReturned = [];

serveOrders((order, note) => {
  if (order.do === 'open') return open(order);
  if (order.do === 'ask') return ask(order, note);
  if (order.do === 'come back') return comeBack(order);
  throw new Error(`an unknown order: ${order.do}`);
});

/**
 * @param {OpenOrder} order
 * @returns {Promise<{ openMs: number, failed: number }>}
 */
async function open(order) {
  opened = order;
  screens = [];
  const startMs = performance.now();
  let failed = 0;
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < order.count; index = next++) {
      await connect(index, order.ports).catch(() => (failed += 1));
    }
  };
  await Promise.all(Array.from({ length: order.atOnce }, lane));
  return { openMs: performance.now() - startMs, failed };
}

/**
 * @param {number} index
 * @param {number[]} ports
 */
async function connect(index, ports) {
  const { dialect, tokens, localAddress } = opened;
  const screen = await DIALECTS[dialect].open({
    port: ports[index % ports.length] ?? 0,
    token: tokens[index % tokens.length] ?? '',
    cursor: cursors[index] ?? null,
    localAddress,
    onEvent: (name, payload) => hear(index, name, payload),
  });
  screens[index] = screen;
  void screen.closed.then(() => {
    screens[index] = null;
    if (refuge !== null) void retry(index, refuge);
  });
}

/**
 * @param {number} index
 * @param {string} name
 * @param {any} payload
 */
function hear(index, name, payload) {
  if (name === 'ready') cursors[index] = payload?.cursor ?? null;
  else frames += 1;
  const cursor = cursors[index];
  if (name === 'events' && cursor) cursor.seq = payload.to;
}

/**
 * @param {number} index
 * @param {number[]} ports
 */
async function retry(index, ports) {
  for (let attempt = 0; attempt < RETRIES; attempt += 1) {
    await sleep(RETURN_MS.least + Math.random() * (RETURN_MS.most - RETURN_MS.least));
    const back = await connect(index, ports).then(
      () => true,
      () => false,
    );
    if (!back) continue;
    returned += 1;
    for (const look of onReturned) look();
    return;
  }
}

/**
 * From now on whoever is cut comes back elsewhere; resolves when all have.
 *
 * @param {{ ports: number[], count: number }} order
 * @returns {Promise<{ backAt: number }>} ms since 1970
 */
async function comeBack({ ports, count }) {
  refuge = ports;
  returned = 0;
  await new Promise((done) => {
    onReturned = [() => returned >= count && done(undefined)];
  });
  return { backAt: performance.timeOrigin + performance.now() };
}

/**
 * The connections take turns to ask.
 *
 * @param {AskOrder} order
 * @param {(phase: string) => void} onMeasure
 */
async function ask({ load, request, threads }, onMeasure) {
  const book = new CommandBook();
  const ask = ASK[opened.dialect][request];
  if (!ask) throw new Error(`${opened.dialect} has no ${request}`);
  let framesBefore = 0;
  let heard = 0;
  const send = (/** @type {number} */ n, /** @type {number} */ intendedMs) => {
    book.intended(n, intendedMs);
    const index = n % screens.length;
    const own = threads[index % threads.length] ?? [];
    const context = {
      screen: screens[index] ?? null,
      token: opened.tokens[index % opened.tokens.length] ?? '',
      port: opened.ports[index % opened.ports.length] ?? 0,
      thread: own[Math.floor(n / screens.length) % own.length] ?? '',
      n,
    };
    ask(context, (ok) => book.answered(n, ok, performance.now()));
  };
  const { lateMs } = await LOOPS[load.kind]({
    ...{ load, ledger: book, send },
    onMeasure(phase) {
      if (phase === 'begin') framesBefore = frames;
      else heard = frames - framesBefore;
      onMeasure(phase);
    },
  });
  await book.settled();
  return { ...book.result(), lateMs, frames: heard };
}
