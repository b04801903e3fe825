/** Attachments in a folder. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** Reads files by key; keys are our own, of letters, digits, dash, underscore, dot and slash, never with `..`. */
export interface DiskBlobs {
  /** Bytes under the key; null where there is nothing. */
  size(key: string): Promise<number | null>;
  /** Both ends inclusive. Errors come as the stream's error. */
  read(key: string, range: { readonly start: number; readonly end: number }): Readable;
}

const KEY = /^[A-Za-z0-9_-][A-Za-z0-9_./-]*$/;

/** Files below `directory`. */
export function createDiskBlobs(directory: string): DiskBlobs {
  const pathOf = (key: string): string => {
    if (!KEY.test(key) || key.includes('..')) throw new RangeError('not a storage key');
    return join(directory, key);
  };
  return {
    size: async (key) => {
      try {
        const found = await stat(pathOf(key));
        return found.isFile() ? found.size : null;
      } catch (error) {
        if ((error as { code?: unknown }).code === 'ENOENT') return null;
        throw error;
      }
    },
    read: (key, range) => createReadStream(pathOf(key), range),
  };
}
