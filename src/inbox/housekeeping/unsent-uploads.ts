/** Removes files that members uploaded and never sent, and files that are in no saved reply any more. */
import type { BlobStore } from '../../platform/blobs.ts';
import type { Database } from '../../platform/postgres.ts';
import { removeFile } from '../media/store-file.ts';
import { deleteUnsent, findUnsent } from '../media/unsent.ts';
import { deleteUnused, findUnused } from '../reply-files/unused.ts';
import type { Job } from './jobs.ts';

const LIMIT = 100;
const PACE = { everyMs: 900_000, full: LIMIT } as const;

interface Deps {
  readonly db: Database;
  readonly blobs: BlobStore;
}

/** Removes the bytes first, so a round that fails in between is repeated. Several processes may run the same round. */
export function unsentUploadsJob({ db, blobs }: Deps): Job {
  return {
    name: 'unsent-uploads',
    ...PACE,
    run: async () => {
      const unsent = await db.run('media.unsent', (sql) => findUnsent(sql, LIMIT));
      for (const owner of unsent) await removeFile(blobs, owner);
      if (unsent.length > 0) await db.run('media.delete_unsent', (sql) => deleteUnsent(sql, unsent));
      return unsent.length;
    },
  };
}

/** Like unsentUploadsJob. */
export function unusedReplyFilesJob({ db, blobs }: Deps): Job {
  return {
    name: 'unused-reply-files',
    ...PACE,
    run: async () => {
      const unused = await db.run('saved_replies.unused_files', (sql) => findUnused(sql, LIMIT));
      for (const { tenantId, fileId } of unused) await removeFile(blobs, { tenantId, mediaId: fileId });
      if (unused.length > 0) await db.run('saved_replies.delete_files', (sql) => deleteUnused(sql, unused));
      return unused.length;
    },
  };
}
