/** When something is sent: by the clock whatever happens, as many as come back, or all at once. */
import { metronome } from './metronome.mjs';

/**
 * @typedef {object} Load
 * @property {'open' | 'window' | 'burst'} kind
 * @property {number} perSecond open: so many a second
 * @property {number} inFlight window: so many under way; those that come back let others in
 * @property {number} count burst: so many at once
 * @property {number} warmMs not measured
 * @property {number} measureMs
 *
 * @typedef {object} Books What a loop needs of whoever keeps count.
 * @property {number} done so many are finished, however they ended
 * @property {() => void} onDone called for each that finishes
 * @property {(n: number, nowMs: number) => void} measureFrom `n`: the first that counts
 * @property {(n: number, nowMs: number) => void} measureTo `n`: the first that does not count any more
 *
 * @typedef {object} Loop
 * @property {Load} load
 * @property {Books} ledger
 * @property {(n: number, intendedMs: number) => void} send
 * @property {(phase: 'begin' | 'end') => void} onMeasure
 */

/** More ticks than this a second gain nothing: several messages then share one. */
const MAX_TICKS_PER_SECOND = 2_000;
/** A burst of which nothing came through for so long is counted as it is. */
const STILL_MS = 10_000;
/** Sent one after the other before a burst, so that nothing is compiled or opened in it. */
const BURST_WARM = 500;

/** @type {Record<Load['kind'], (loop: Loop) => Promise<{ lateMs: number[] }>>} by kind; `lateMs`: of the driver itself */
export const LOOPS = { open: openLoop, window: windowLoop, burst: burstLoop };

/**
 * Latency counts from the intended time, so that a stalled system is charged for the wait of those behind.
 *
 * @param {Loop} loop
 */
async function openLoop({ load: { perSecond, warmMs, measureMs }, ledger, send, onMeasure }) {
  const gapMs = 1000 / perSecond;
  const total = Math.floor((warmMs + measureMs) / gapMs);
  const firstMeasured = Math.ceil(warmMs / gapMs);
  /** @type {number[]} */
  const lateMs = [];
  const startMs = performance.now() + 20;
  let n = 0;
  await metronome({ everyMs: Math.max(gapMs, 1000 / MAX_TICKS_PER_SECOND), untilMs: 20 + warmMs + measureMs }, () => {
    const nowMs = performance.now();
    for (let dueMs = startMs + n * gapMs; n < total && dueMs <= nowMs; dueMs = startMs + n * gapMs) {
      if (n === firstMeasured) begin(ledger, n, onMeasure);
      if (n >= firstMeasured) lateMs.push(nowMs - dueMs);
      send(n, dueMs);
      n += 1;
    }
  });
  end(ledger, n, onMeasure);
  return { lateMs };
}

/**
 * Sustained maximum: so many are under way, and each that comes back lets one in.
 *
 * @param {Loop} loop
 */
async function windowLoop({ load: { inFlight, warmMs, measureMs }, ledger, send, onMeasure }) {
  let n = 0;
  let open = true;
  const next = () => {
    if (!open) return;
    send(n, performance.now());
    n += 1;
  };
  ledger.onDone = next;
  for (let index = 0; index < inFlight; index += 1) next();
  await pause(warmMs);
  begin(ledger, n, onMeasure);
  await pause(measureMs);
  open = false;
  end(ledger, n, onMeasure);
  return { lateMs: [] };
}

/**
 * Everything is handed over as fast as it is taken; measured until the last one is on screen.
 *
 * @param {Loop} loop
 */
async function burstLoop({ load: { count }, ledger, send, onMeasure }) {
  const warm = Math.min(BURST_WARM, count);
  const now = performance.now();
  for (let n = 0; n < warm; n += 1) send(n, now);
  await until(() => ledger.done, warm);
  begin(ledger, warm, onMeasure);
  const startMs = performance.now();
  for (let n = warm; n < warm + count; n += 1) send(n, startMs);
  await until(() => ledger.done, warm + count);
  end(ledger, warm + count, onMeasure);
  return { lateMs: [] };
}

/**
 * @param {Books} ledger
 * @param {number} n
 * @param {Loop['onMeasure']} onMeasure
 */
function begin(ledger, n, onMeasure) {
  ledger.measureFrom(n, performance.now());
  onMeasure('begin');
}

/**
 * @param {Books} ledger
 * @param {number} n
 * @param {Loop['onMeasure']} onMeasure
 */
function end(ledger, n, onMeasure) {
  ledger.measureTo(n, performance.now());
  onMeasure('end');
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

/**
 * @param {() => number} done
 * @param {number} wanted
 */
async function until(done, wanted) {
  let last = { count: done(), atMs: performance.now() };
  while (last.count < wanted && performance.now() - last.atMs < STILL_MS) {
    await pause(5);
    if (done() !== last.count) last = { count: done(), atMs: performance.now() };
  }
}
