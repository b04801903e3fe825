import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { isInstalled, markInstalled } from '../../scripts/bootstrap/installed.mjs';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hunfly-installed-'));
  const elsewhere = { version: '1.0.0', optional: true, os: ['plan9'] };
  writeLock('package-lock.json', {
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': elsewhere,
  });
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function writeLock(file: string, packages: Record<string, object>) {
  writeFileSync(join(root, file), JSON.stringify({ packages: { '': {}, ...packages } }));
}

/** What `npm install` by hand leaves: the package and npm's own record of it. */
function installByHand(version: string) {
  mkdirSync(join(root, 'node_modules', 'a'), { recursive: true });
  writeLock('node_modules/.package-lock.json', { 'node_modules/a': { version } });
}

it('a checkout without node_modules needs installing', () => {
  expect(isInstalled(root)).toBe(false);
});

it('an installation made by hand counts, without the packages of other platforms', () => {
  installByHand('1.0.0');
  expect(isInstalled(root)).toBe(true);
});

it('a package of another version needs installing, and so does one that is gone', () => {
  installByHand('0.9.0');
  expect(isInstalled(root)).toBe(false);
  installByHand('1.0.0');
  rmSync(join(root, 'node_modules', 'a'), { recursive: true });
  expect(isInstalled(root)).toBe(false);
});

it('a changed lock file needs installing again', () => {
  installByHand('1.0.0');
  markInstalled(root);
  expect(isInstalled(root)).toBe(true);
  writeLock('package-lock.json', { 'node_modules/a': { version: '1.0.1' } });
  expect(isInstalled(root)).toBe(false);
});

it('a node_modules that is a link belongs to somebody else and is left alone', () => {
  mkdirSync(join(root, 'other'));
  symlinkSync(join(root, 'other'), join(root, 'node_modules'));
  expect(isInstalled(root)).toBe(true);
});
