/** Attachments in a folder. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { checkedKey, type BlobStore } from './blobs.ts';

/** Files below `directory`, which is made when it is needed. A file appears whole, and on disk, or not at all. */
export function createDiskBlobs(directory: string): BlobStore {
  const pathOf = (key: string): string => join(directory, checkedKey(key));
  return {
    size: (key) => sizeOf(pathOf(key)),
    read: (key, range) => createReadStream(pathOf(key), range),
    write: (key, source, sizeBytes) => writeWhole(pathOf(key), source, sizeBytes),
    remove: (key) => rm(pathOf(key), { force: true }),
  };
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
}

/** Under another name first: a rename within a folder is all or nothing. What a killed process leaves ends in `.part`. */
async function writeWhole(path: string, source: Readable, sizeBytes: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    await writeSynced(partial, source, sizeBytes);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeSynced(path: string, source: Readable, sizeBytes: number): Promise<void> {
  const file = await open(path, 'wx');
  try {
    let written = 0;
    for await (const piece of source as AsyncIterable<Buffer>) {
      await file.writev([piece]);
      written += piece.length;
    }
    if (written !== sizeBytes)
      throw new Error(`${String(written)} bytes came where ${String(sizeBytes)} were promised.`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The new name itself is on disk only after its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
