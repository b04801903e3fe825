/** Waiting for a condition with a deadline, and finding a free port. */
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
 * Below what systems give by themselves (from 32768 on): nobody's connection or server takes one of these before its own
 * server is up, or while that is being started again.
 */
const PORTS = { first: 20_000, end: 32_768 };
/** One after the other, so that two who ask at once are not given the same; where they begin differs by process. */
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
