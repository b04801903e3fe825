/** Waits for a condition with a deadline, and finds free ports. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again every `everyMs` until `probe` gives something truthy.
 *
 * @template T
 * @param {() => T | Promise<T>} probe
 * @param {{ timeoutMs: number, everyMs?: number, what: string }} options `what` is named in the error
 * @returns {Promise<NonNullable<T>>}
 */
export async function waitFor(probe, { timeoutMs, everyMs = 20, what }) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await sleep(everyMs);
  }
}

/**
 * Below the range that systems assign by themselves (from 32768 on), so that no other connection or server takes one of
 * these before its own server is up, or during a restart.
 */
const PORTS = { first: 20_000, end: 32_768 };
/** Counts up, so that two simultaneous requests do not get the same port; the start differs by process. */
let next = randomInt(PORTS.first, PORTS.end);

/** @returns {Promise<number>} a TCP port that was free on 127.0.0.1 a moment ago, and is given to nobody else here */
export async function freePort() {
  for (;;) {
    const port = next;
    next = port + 1 < PORTS.end ? port + 1 : PORTS.first;
    if (await isFree(port)) return port;
  }
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}
