/** How a process of the floor or the peer starts and ends. */

/**
 * Listens on a free port of loopback, or on PORT, and says so to the bench.
 *
 * @param {import('node:http').Server} server
 */
export async function serve(server) {
  server.keepAliveTimeout = 60_000;
  await new Promise((done) => server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => done(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  announce(address.port);
}

/** For a process that listens nowhere. */
export function serveNothing() {
  announce(0);
}

/** @param {number} port */
function announce(port) {
  // Through exit, so that a CPU profile is written.
  process.once('SIGTERM', () => process.exit(0));
  process.send?.({ type: 'ready', port });
}
