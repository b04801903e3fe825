/** Ports for the processes behind the public one: the numbers after it, if they are free. */
import { createServer } from 'node:net';

import { freePort } from '../bootstrap/wait.mjs';

/**
 * @param {number} publicPort
 * @param {number} count
 * @returns {Promise<number[]>} distinct ports that were free on loopback a moment ago
 */
export async function choosePorts(publicPort, count) {
  /** @type {number[]} */
  const chosen = [];
  for (let index = 1; index <= count; index += 1) {
    const preferred = publicPort + index;
    chosen.push((await isFree(preferred)) ? preferred : await freePort());
  }
  return chosen;
}

/** @param {number} port */
function isFree(port) {
  return new Promise((done) => {
    if (port > 65_535) return done(false);
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, () => server.close(() => done(true)));
  });
}
