/** Builds the servers with esbuild and the web inbox with Vite; safe when several commands build at once. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { buildClient } from './build-client.mjs';
import { buildServers } from './build-servers.mjs';
import { DIST } from './paths.mjs';
import { takeLock } from './pid-lock.mjs';

/**
 * @param {{ client?: boolean, say?: (text: string) => void }} [options] `client: false` leaves the web inbox out
 * @returns {Promise<string[]>} the server entries that exist, e.g. ['src/server.ts', 'consumers/inbound.ts']
 */
export async function build({ client = true, say = () => {} } = {}) {
  mkdirSync(DIST, { recursive: true });
  const unlock = await takeLock(join(DIST, '.build.lock'), {
    timeoutMs: 180_000,
    what: 'another build ends',
    onWait: (owner) => say(`waiting for process ${owner?.pid ?? '?'}, which is building ...`),
  });
  try {
    const [entries] = await Promise.all([buildServers(), client ? buildClient(say) : undefined]);
    return entries;
  } finally {
    unlock();
  }
}
