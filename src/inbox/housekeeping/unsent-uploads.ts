/** Removes files that members uploaded and never sent. */
import type { BlobStore } from '../../platform/blobs.ts';
import type { Database } from '../../platform/postgres.ts';
import { removeFile } from '../media/store-file.ts';
import { deleteUnsent, findUnsent } from '../media/unsent.ts';
import type { Job } from './jobs.ts';

const LIMIT = 100;

/** Removes the bytes first, so a round that fails in between is repeated. Several processes may run the same round. */
export function unsentUploadsJob({ db, blobs }: { readonly db: Database; readonly blobs: BlobStore }): Job {
  return {
    name: 'unsent-uploads',
    everyMs: 900_000,
    full: LIMIT,
    run: async () => {
      const unsent = await db.run('media.unsent', (sql) => findUnsent(sql, LIMIT));
      for (const owner of unsent) await removeFile(blobs, owner);
      if (unsent.length > 0) await db.run('media.delete_unsent', (sql) => deleteUnsent(sql, unsent));
      return unsent.length;
    },
  };
}
