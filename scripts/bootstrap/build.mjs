/** Builds the servers with esbuild and the web inbox with Vite; safe when several commands build at once. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { buildClient, isClientCurrent } from './build-client.mjs';
import { areServersCurrent, buildServers, serverEntries } from './build-servers.mjs';
import { DIST } from './paths.mjs';
import { takeLock } from './pid-lock.mjs';

/**
 * Only who has something to build waits for others that build.
 *
 * @param {{ client?: boolean, say?: (text: string) => void }} [options] `client: false` leaves the web inbox out
 * @returns {Promise<string[]>} the server entries that exist, e.g. ['src/server.ts', 'consumers/inbound.ts']
 */
export async function build({ client = true, say = () => {} } = {}) {
  if (!areServersCurrent() || (client && !isClientCurrent())) await buildAlone(client, say);
  return serverEntries();
}

/**
 * @param {boolean} client
 * @param {(text: string) => void} say
 */
async function buildAlone(client, say) {
  mkdirSync(DIST, { recursive: true });
  const unlock = await takeLock(join(DIST, '.build.lock'), {
    timeoutMs: 180_000,
    what: 'another build ends',
    onWait: (owner) => say(`waiting for process ${owner?.pid ?? '?'}, which is building ...`),
  });
  try {
    // Both look again: what was waited for may have been the same, or of an older state of the code. One after the other,
    // so that nothing is still being built when a failure gives the lock away.
    await buildServers();
    if (client) await buildClient(say);
  } finally {
    unlock();
  }
}
