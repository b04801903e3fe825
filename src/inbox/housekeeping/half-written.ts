/** Removes incomplete files that killed writers left in the store. */
import type { BlobStore } from '../../platform/blobs.ts';
import type { Job } from './jobs.ts';

const DAY_MS = 24 * 3_600_000;

/** No file takes a day to write, so an older incomplete one is abandoned. Several processes may run the same round. */
export function halfWrittenJob({ blobs, nowMs }: { readonly blobs: BlobStore; readonly nowMs: () => number }): Job {
  return { name: 'half-written', everyMs: 3_600_000, run: () => blobs.removeHalfWritten(nowMs() - DAY_MS) };
}
