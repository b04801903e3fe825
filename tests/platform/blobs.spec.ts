import { readdir, utimes, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDiskBlobs } from '../../src/platform/blobs-disk.ts';
import { createS3Blobs } from '../../src/platform/blobs-s3.ts';
import type { BlobStore } from '../../src/platform/blobs.ts';
import { testRunDir } from '../support/environment.ts';
import { startTestS3, type TestS3 } from '../support/s3-server.ts';

const directory = join(testRunDir(), `blobs-${randomBytes(4).toString('hex')}`);
const BYTES = randomBytes(300_000);
let s3: TestS3;
const stores = new Map<string, BlobStore>([['a folder', createDiskBlobs(directory)]]);

beforeAll(async () => {
  s3 = await startTestS3();
  stores.set('a bucket', createS3Blobs(s3.options));
});
afterAll(() => s3.close());

const pieces = (bytes: Buffer): Readable =>
  Readable.from([bytes.subarray(0, 7), bytes.subarray(7)], { objectMode: false });

describe.each(['a folder', 'a bucket'])('%s', (name) => {
  const store = (): BlobStore => stores.get(name)!;

  it('hands out what was stored, whole and in parts', async () => {
    await store().write('t/one', pieces(BYTES), BYTES.length);
    expect(await store().size('t/one')).toBe(BYTES.length);
    expect((await buffer(store().read('t/one'))).equals(BYTES)).toBe(true);
    expect((await buffer(store().read('t/one', { start: 5, end: 9 }))).equals(BYTES.subarray(5, 10))).toBe(true);
  });

  it('stores once more what it reads', async () => {
    await store().write('t/original', pieces(BYTES), BYTES.length);
    await store().write('t/copy', store().read('t/original'), BYTES.length);
    await store().remove('t/original');
    expect((await buffer(store().read('t/copy'))).equals(BYTES)).toBe(true);
  });

  it('has the last of what was stored under a key', async () => {
    await store().write('t/two', pieces(BYTES), BYTES.length);
    await store().write('t/two', pieces(Buffer.from('another file')), 12);
    expect((await buffer(store().read('t/two'))).toString()).toBe('another file');
  });

  it('stores nothing of a file that ends early or breaks', async () => {
    await expect(store().write('t/short', pieces(BYTES), BYTES.length + 1)).rejects.toThrow();
    const broken = new Readable({ read: () => broken.destroy(new Error('gone')) });
    await expect(store().write('t/broken', broken, 5)).rejects.toThrow();
    expect([await store().size('t/short'), await store().size('t/broken')]).toEqual([null, null]);
  });

  it('says so where the source fails before anybody reads it', async () => {
    const failing = new Readable().destroy(new Error('gone'));
    await expect(store().write('t/failing', failing, 5)).rejects.toThrow();
    await expect(store().write('t/failing', store().read('t/missing'), 5)).rejects.toThrow();
    expect(await store().size('t/failing')).toBeNull();
  });

  it('has nothing after it was removed, and does not mind being asked twice', async () => {
    await store().write('t/gone', pieces(BYTES), BYTES.length);
    await store().remove('t/gone');
    await store().remove('t/gone');
    expect(await store().size('t/gone')).toBeNull();
    await expect(buffer(store().read('t/gone'))).rejects.toThrow();
  });

  it.each(['../up', '/root', 'a/../b', '', 'a b'])('takes no key such as "%s"', async (key) => {
    await expect((async () => store().size(key))()).rejects.toThrow(RangeError);
  });
});

describe('a folder', () => {
  const unfinished = join(directory, '.unfinished');

  it('keeps no half of a file', async () => {
    expect(await readdir(unfinished)).toEqual([]);
  });

  it('is rid of what killed writes left, and of nothing that is being written', async () => {
    const store = createDiskBlobs(directory);
    const yesterday = new Date(Date.now() - 86_400_000);
    for (const name of ['old', 'fresh']) await writeFile(join(unfinished, name), BYTES);
    await utimes(join(unfinished, 'old'), yesterday, yesterday);
    expect(await store.removeHalfWritten(Date.now() - 3_600_000)).toBe(1);
    expect(await readdir(unfinished)).toEqual(['fresh']);
    expect(await createDiskBlobs(join(directory, 'new')).removeHalfWritten(Date.now())).toBe(0);
  });
});

describe('a bucket', () => {
  it('refuses who has another secret', async () => {
    const stranger = createS3Blobs({ ...s3.options, secretAccessKey: 'another' });
    await expect(stranger.write('t/x', pieces(BYTES), BYTES.length)).rejects.toThrow('403');
    expect(s3.objects.has('t/x')).toBe(false);
  });
});
