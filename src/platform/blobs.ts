/** Attachments as files in a folder. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** Keys are made by us: letters, digits, `-`, `_` and `.` in folders; nothing that could leave the directory. */
const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** Reads stored bytes. `size` is null where there is nothing; `read` has both ends inclusive. */
export interface BlobStore {
  size(key: string): Promise<number | null>;
  read(key: string, range: { readonly start: number; readonly end: number }): Readable;
}

/** A store in `directory`. Throws RangeError for a key that is not ours. */
export function diskBlobs(directory: string): BlobStore {
  const pathOf = (key: string): string => {
    if (!KEY.test(key)) throw new RangeError('A storage key has another form.');
    return join(directory, key);
  };
  return {
    size: async (key) => {
      try {
        const found = await stat(pathOf(key));
        return found.isFile() ? found.size : null;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
    read: (key, { start, end }) => createReadStream(pathOf(key), { start, end }),
  };
}
