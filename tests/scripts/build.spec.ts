import { join } from 'node:path';

import { expect, it } from 'vitest';

import { build } from '../../scripts/bootstrap/build.mjs';
import { DIST } from '../../scripts/bootstrap/paths.mjs';
import { takeLock } from '../../scripts/bootstrap/pid-lock.mjs';

it('a command that has nothing to build neither waits for one that builds nor speaks of it', async () => {
  const unlock = await takeLock(join(DIST, '.build.lock'), { timeoutMs: 60_000, what: 'another build ends' });
  const said: string[] = [];
  const entries = await build({ say: (text) => said.push(text) }).finally(unlock);
  expect(said).toEqual([]);
  expect(entries).toContain('src/cli.ts');
});
