/** When webhooks are sent: by the clock whatever happens (open loop), or as many as are answered on screen (window). */
import { metronome } from './metronome.mjs';

/**
 * @typedef {{ kind: 'open', perSecond: number, warmMs: number, measureMs: number }} OpenLoad
 * @typedef {{ kind: 'window', inFlight: number, warmMs: number, measureMs: number }} WindowLoad
 * @typedef {{ kind: 'count', inFlight: number, warm: number, count: number }} CountLoad
 * @typedef {OpenLoad | WindowLoad | CountLoad} Load
 *
 * @typedef {object} Loop
 * @property {Load} load
 * @property {import('./ledger.mjs').Ledger} ledger
 * @property {(n: number, intendedMs: number) => void} send
 * @property {(phase: 'begin' | 'end') => void} onMeasure
 */

/** More ticks than this a second gain nothing: several messages then share one. */
const MAX_TICKS_PER_SECOND = 2_000;

/**
 * Latency counts from the intended time, so that a stalled system is charged for the wait of those behind.
 *
 * @param {Loop} loop
 * @returns {Promise<{ lateMs: number[] }>} how late each message was sent
 */
export async function openLoop({ load, ledger, send, onMeasure }) {
  if (load.kind !== 'open') throw new Error('not an open load');
  const { perSecond, warmMs, measureMs } = load;
  const gapMs = 1000 / perSecond;
  const total = Math.floor((warmMs + measureMs) / gapMs);
  const firstMeasured = Math.ceil(warmMs / gapMs);
  /** @type {number[]} */
  const lateMs = [];
  const startMs = performance.now() + 20;
  let n = 0;
  await metronome({ everyMs: Math.max(gapMs, 1000 / MAX_TICKS_PER_SECOND), untilMs: 20 + warmMs + measureMs }, () => {
    const nowMs = performance.now();
    while (n < total && startMs + n * gapMs <= nowMs) {
      if (n === firstMeasured) begin(ledger, n, onMeasure);
      if (n >= firstMeasured) lateMs.push(nowMs - (startMs + n * gapMs));
      send(n, startMs + n * gapMs);
      n += 1;
    }
  });
  end(ledger, n, onMeasure);
  return { lateMs };
}

/**
 * Sustained maximum: so many webhooks are under way, from sending to the screen, and each that arrives lets one in.
 *
 * @param {Loop} loop
 * @returns {Promise<{ lateMs: number[] }>}
 */
export async function windowLoop({ load, ledger, send, onMeasure }) {
  if (load.kind === 'open') throw new Error('not a window load');
  let n = 0;
  let open = true;
  const next = () => {
    if (!open || (load.kind === 'count' && n >= load.warm + load.count)) return;
    send(n, performance.now());
    n += 1;
  };
  const finished = new Promise((done) => {
    ledger.onDone = () => {
      next();
      if (load.kind === 'count' && ledger.done >= load.warm + load.count) done(undefined);
    };
  });
  const warm = load.kind === 'count' ? ledger.whenDone(load.warm) : pause(load.warmMs);
  for (let index = 0; index < load.inFlight; index += 1) next();
  await warm;
  begin(ledger, n, onMeasure);
  await (load.kind === 'count' ? Promise.race([finished, pause(60_000)]) : pause(load.measureMs));
  open = false;
  end(ledger, n, onMeasure);
  return { lateMs: [] };
}

/**
 * @param {import('./ledger.mjs').Ledger} ledger
 * @param {number} n
 * @param {Loop['onMeasure']} onMeasure
 */
function begin(ledger, n, onMeasure) {
  ledger.measureFrom(n, performance.now());
  onMeasure('begin');
}

/**
 * @param {import('./ledger.mjs').Ledger} ledger
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
