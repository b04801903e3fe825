import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

import { expect, it } from 'vitest';

import { build } from '../../scripts/bootstrap/build.mjs';
import { DIST, ROOT } from '../../scripts/bootstrap/paths.mjs';
import { isAlive, startOf, takeLock } from '../../scripts/bootstrap/pid-lock.mjs';
import { sourceHash } from '../../scripts/bootstrap/source-hash.mjs';
import { testRunDir } from '../support/environment.ts';
import { waitFor } from '../support/wait.ts';

/** A checkout of its own, whose only server is the CLI. */
function checkout(): string {
  const dir = mkdtempSync(join(testRunDir(), 'checkout-'));
  for (const name of ['scripts/bootstrap', 'scripts/supervisor', 'package-lock.json', 'tsconfig.json'])
    cpSync(join(ROOT, name), join(dir, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  mkdirSync(join(dir, 'src'));
  writeFileSync(join(dir, 'src', 'cli.ts'), 'console.log(1);');
  return dir;
}

/** A process that builds everything there. */
function buildIn(dir: string) {
  const module = pathToFileURL(join(dir, 'scripts', 'bootstrap', 'build.mjs')).href;
  const program = `(await import(${JSON.stringify(module)})).build()`;
  return spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
}

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

it('a server that another release has built in the same place is built anew', async () => {
  const dir = checkout();
  const built = join(dir, 'dist', 'cli.js');
  const buildAll = async () => {
    expect(await once(buildIn(dir), 'exit')).toEqual([0, null]);
    return readFileSync(built, 'utf8');
  };
  const ours = await buildAll();
  expect(ours).toContain('console.log(1)');
  writeFileSync(built, 'console.log("of another release");');
  expect(await buildAll()).toBe(ours);
});

it('a build that is killed leaves nothing that builds on', async () => {
  const dir = checkout();
  mkdirSync(join(dir, 'client'));
  const file = join(dir, 'pid');
  const endless = `import { writeFileSync } from 'node:fs';
    export default () => {
      writeFileSync(${JSON.stringify(file)}, String(process.pid));
      return new Promise((done) => setTimeout(done, 600_000));
    };`;
  writeFileSync(join(dir, 'client', 'vite.config.ts'), endless);
  const build = buildIn(dir);
  const pid = await waitFor(() => existsSync(file) && Number(readFileSync(file, 'utf8')));
  const vite = { pid, started: startOf(pid) ?? '' };
  expect(isAlive(vite)).toBe(true);
  build.kill('SIGKILL');
  await waitFor(() => !isAlive(vite));
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
