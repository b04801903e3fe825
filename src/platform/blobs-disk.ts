/** Attachments in a folder. */
import { randomBytes } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { checkedKey, mayFailUnread, type BlobStore } from './blobs.ts';

/** Folder for incomplete files, below the same directory; keys never begin with a dot. */
const UNFINISHED = '.unfinished';
const MAX_REMOVED = 1000;

/**
 * Stores files below `directory`, which is created when needed. A file appears complete and synced to disk, or not at
 * all.
 */
export function createDiskBlobs(directory: string): BlobStore {
  const pathOf = (key: string): string => join(directory, checkedKey(key));
  return {
    size: (key) => sizeOf(pathOf(key)),
    read: (key, range) => createReadStream(pathOf(key), range),
    write: (key, source, sizeBytes) => writeWhole(pathOf(key), join(directory, UNFINISHED), { source, sizeBytes }),
    remove: (key) => rm(pathOf(key), { force: true }),
    removeHalfWritten: (beforeMs) => removeOlder(join(directory, UNFINISHED), beforeMs),
  };
}

async function sizeOf(path: string): Promise<number | null> {
  const found = await statOrNull(path);
  return found?.isFile() === true ? found.size : null;
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ENOENT';
}

/**
 * Writes to another folder first, because a rename on the same disk is atomic. A killed process leaves its partial file
 * there.
 */
async function writeWhole(
  path: string,
  unfinished: string,
  { source, sizeBytes }: { readonly source: Readable; readonly sizeBytes: number },
): Promise<void> {
  mayFailUnread(source);
  await Promise.all([mkdir(dirname(path), { recursive: true }), mkdir(unfinished, { recursive: true })]);
  const partial = join(unfinished, randomBytes(12).toString('hex'));
  try {
    await writeSynced(partial, source, sizeBytes);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** That folder contains only incomplete files, so a large store need not be scanned. */
async function removeOlder(folder: string, beforeMs: number): Promise<number> {
  let removed = 0;
  for (const name of await namesIn(folder)) {
    if (removed >= MAX_REMOVED) break;
    const path = join(folder, name);
    const { mtimeMs } = (await statOrNull(path)) ?? { mtimeMs: Infinity };
    if (mtimeMs >= beforeMs) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
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

/** A rename is durable only after its folder has been synced. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
