/** Ports for the servers of the tests. */
import { join } from 'node:path';
import { tryLock } from '../../scripts/bootstrap/pid-lock.mjs';
import { freePort } from '../../scripts/bootstrap/wait.mjs';
import { testRunDir } from './environment.ts';

/** A free port that no other process of the run is given while this one lives, also while its server is down. */
export async function ownPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (tryLock(join(testRunDir(), 'ports', String(port))) !== null) return port;
  }
}
