/** Wakes the driver at exact times: a thread that sleeps on a futex is late by some 0.1 ms, a timer by 1 ms and more. */
import { Worker } from 'node:worker_threads';

const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const never = new Int32Array(new SharedArrayBuffer(4));
const end = performance.now() + workerData.untilMs;
for (let next = performance.now(); next < end; next += workerData.everyMs) {
  const leftMs = next - performance.now();
  if (leftMs > 0) Atomics.wait(never, 0, 0, leftMs);
  parentPort.postMessage(null);
}
parentPort.postMessage('end');
`;

/**
 * Calls `tick` every `everyMs` for `untilMs`.
 *
 * @param {{ everyMs: number, untilMs: number }} rhythm
 * @param {() => void} tick
 * @returns {Promise<void>} after the last tick
 */
export function metronome(rhythm, tick) {
  return new Promise((done, fail) => {
    const thread = new Worker(THREAD, { eval: true, workerData: rhythm });
    thread.on('error', fail);
    thread.on('message', (message) => (message === 'end' ? done() : tick()));
  });
}
