/** Removes what writes into the store left behind that were killed. */
import type { BlobStore } from '../../platform/blobs.ts';
import type { Job } from './jobs.ts';

const DAY_MS = 24 * 3_600_000;

/** No file takes a day to write, so that what is older belongs to nobody. Several processes may do the same round. */
export function halfWrittenJob({ blobs, nowMs }: { readonly blobs: BlobStore; readonly nowMs: () => number }): Job {
  return { name: 'half-written', everyMs: 3_600_000, run: () => blobs.removeHalfWritten(nowMs() - DAY_MS) };
}
