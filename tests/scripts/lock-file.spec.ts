import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { completeLock, droppedOptionals, platformOf } from '../../scripts/bootstrap/lock-optional.mjs';
import { ROOT } from '../../scripts/bootstrap/paths.mjs';

type LockFile = Parameters<typeof droppedOptionals>[0];

const text = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
const lock = JSON.parse(text) as LockFile;

it('the lock file is complete, so that npm ci accepts it on every platform', () => {
  expect(droppedOptionals(lock)).toEqual([]);
});

it('the lock file names no registry, so that everybody uses their own', () => {
  expect(text).not.toMatch(/"resolved"|https?:\/\/[^"]*(registry|npmmirror|\.tgz)/);
});

it('the lock file pins exactly what package.json asks for', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as LockFile['packages'][string];
  expect(lock.packages['']?.dependencies).toEqual(manifest.dependencies);
  expect(lock.packages['']?.devDependencies).toEqual(manifest.devDependencies);
});

it('an optional package that was dropped from a lock file is noticed and put back for its platform only', () => {
  const dropped: LockFile = {
    packages: {
      'node_modules/x': {
        version: '1.0.0',
        dev: true,
        optionalDependencies: { '@x/binding-linux-arm64-musl': '1.0.0' },
      },
    },
  };
  expect(droppedOptionals(dropped)).toHaveLength(1);
  const whole = completeLock(dropped);
  expect(droppedOptionals(whole)).toEqual([]);
  expect(whole.packages['node_modules/@x/binding-linux-arm64-musl']).toEqual({
    version: '1.0.0',
    os: ['linux'],
    cpu: ['arm64'],
    libc: ['musl'],
    dev: true,
    optional: true,
  });
});

it.each([
  ['@x/binding-win32-ia32-msvc', { os: ['win32'], cpu: ['ia32'] }],
  ['@x/binding-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
  ['@x/darwin-arm64', { os: ['darwin'], cpu: ['arm64'] }],
])('the platform of %s is read from its name', (name, platform) => {
  expect(platformOf(name)).toEqual(platform);
});

it('every package that needs its install script is allowed to run it, by name', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { allowScripts: unknown };
  const scripted = Object.entries(lock.packages).filter(([, entry]) => 'hasInstallScript' in entry);
  // By name, not name@version: npm reads the version out of the download address, which the lock file leaves out.
  const names = scripted.map(([path]) => path.replace(/^.*node_modules\//, ''));
  expect(manifest.allowScripts).toEqual(Object.fromEntries(names.map((name) => [name, true])));
});
