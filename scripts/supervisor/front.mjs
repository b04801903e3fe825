/** The one public port: accepts connections and hands them, unread, to the gateway nodes in turn. */
import { createServer } from 'node:net';

import { Refusal } from '../bootstrap/refusal.mjs';

const HOLD_MS = 5_000;
const HOLD_RETRY_MS = 50;
const HOLD_MAX = 10_000;

/** @typedef {import('./worker.mjs').Worker} Worker */

/**
 * Listens on loopback only, IPv6 as well where there is any: an inbox with demo logins is not for the network.
 *
 * @param {number} port
 * @param {() => Worker[]} nodes all gateway nodes; only those that are `ready` get connections
 * @returns {Promise<() => void>} stops listening and drops connections that no node has taken yet
 * @throws {Refusal} when the port is taken
 */
export async function openFront(port, nodes) {
  /** @type {Set<import('node:net').Socket>} */
  const held = new Set();
  let turn = 0;

  /** @param {import('node:net').Socket} socket */
  async function offer(socket) {
    const ready = nodes().filter((node) => node.state === 'ready');
    for (let tried = 0; tried < ready.length; tried += 1) {
      const node = ready[turn++ % ready.length];
      if (node && (await node.hand(socket))) return true;
    }
    return false;
  }

  /** @param {import('node:net').Socket} socket */
  async function accept(socket) {
    socket.on('error', () => socket.destroy());
    const deadline = performance.now() + HOLD_MS;
    held.add(socket);
    while (!socket.destroyed && !(await offer(socket))) {
      if (performance.now() > deadline || held.size > HOLD_MAX) socket.destroy();
      await new Promise((done) => setTimeout(done, HOLD_RETRY_MS));
    }
    held.delete(socket);
  }

  const servers = [await listen(port, '127.0.0.1', accept), await listen(port, '::1', accept).catch(onlyIpv4)];
  return () => {
    for (const server of servers) server?.close();
    for (const socket of held) socket.destroy();
  };
}

/**
 * @param {number} port
 * @param {string} host
 * @param {(socket: import('node:net').Socket) => Promise<void>} accept
 * @returns {Promise<import('node:net').Server>}
 */
function listen(port, host, accept) {
  return new Promise((done, fail) => {
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => void accept(socket));
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => fail(portError(error, port)));
    server.listen({ port, host }, () => done(server));
  });
}

/**
 * @param {NodeJS.ErrnoException} error
 * @param {number} port
 */
function portError(error, port) {
  if (error.code === 'EADDRINUSE')
    return new Refusal(`port ${port} is taken: choose another with npm start -- --port N`);
  if (error.code === 'EACCES')
    return new Refusal(`port ${port} needs more rights: choose one above 1023 with --port N`);
  return error;
}

/** @param {unknown} error */
function onlyIpv4(error) {
  if (error instanceof Refusal) throw error;
  return undefined; // this machine has no IPv6
}
