import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { halfWrittenJob } from '../../../src/inbox/housekeeping/half-written.ts';
import { createDiskBlobs } from '../../../src/platform/blobs-disk.ts';

const DAY_MS = 24 * 3_600_000;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hunfly-half-written-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, { recursive: true });
});

it('a file that is being written stays, also on a machine whose clock is days behind', async () => {
  const machineMs = Date.now() - 3 * DAY_MS;
  const unfinished = join(directory, '.unfinished');
  await mkdir(unfinished);
  for (const [name, ageMs] of [
    ['abandoned', 2 * DAY_MS],
    ['new', 1000],
  ] as const) {
    await writeFile(join(unfinished, name), 'x');
    const at = new Date(machineMs - ageMs);
    await utimes(join(unfinished, name), at, at);
  }
  vi.useFakeTimers({ toFake: ['Date'], now: machineMs });
  await halfWrittenJob({ blobs: createDiskBlobs(directory) }).run();
  expect(await readdir(unfinished)).toEqual(['new']);
});
