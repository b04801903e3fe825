/** Waiting for a condition with a deadline, and finding a free port. */
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

/** @returns {Promise<number>} a TCP port that was free on 127.0.0.1 a moment ago */
export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? done(address.port) : fail(new Error('no port'))));
    });
  });
}
