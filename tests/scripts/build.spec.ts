import { mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';

import { expect, it } from 'vitest';

import { build } from '../../scripts/bootstrap/build.mjs';
import { DIST, ROOT } from '../../scripts/bootstrap/paths.mjs';
import { takeLock } from '../../scripts/bootstrap/pid-lock.mjs';
import { sourceHash } from '../../scripts/bootstrap/source-hash.mjs';
import { testRunDir } from '../support/environment.ts';

it('a command that has nothing to build neither waits for one that builds nor speaks of it', async () => {
  const unlock = await takeLock(join(DIST, '.build.lock'), { timeoutMs: 60_000, what: 'another build ends' });
  const said: string[] = [];
  const entries = await build({ say: (text) => said.push(text) }).finally(unlock);
  expect(said).toEqual([]);
  expect(entries).toContain('src/cli.ts');
});

it('a change of any source, of its text or its name, is something to build', () => {
  const dir = mkdtempSync(join(testRunDir(), 'sources-'));
  const hash = (): string => sourceHash([relative(ROOT, dir)]);
  const file = join(dir, 'one.ts');
  writeFileSync(file, 'export const one = 1;');
  const before = hash();
  expect(hash()).toBe(before);
  writeFileSync(file, 'export const one = 2;');
  const after = hash();
  renameSync(file, join(dir, 'two.ts'));
  expect(new Set([before, after, hash()]).size).toBe(3);
});

it.each(['server', 'cli', 'simulator', 'consumers/inbound', 'consumers/media'])(
  '%s reads no package but those of the machine’s own kind',
  (name) => {
    const text = readFileSync(join(DIST, `${name}.js`), 'utf8');
    const asked = [...text.matchAll(/^import (?:[^;'"]* from )?["']([^"']+)["'];/gm)].map(([, from = '']) => from);
    expect(asked).toContain('node:module');
    const packages = asked.filter((from) => !isBuiltin(from));
    expect(['@node-rs/argon2', 'sharp']).toEqual(expect.arrayContaining(packages));
  },
);
