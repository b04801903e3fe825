/** Removes incomplete files that killed writers left in the store. */
import { systemClock } from '../../lib/clock.ts';
import type { BlobStore } from '../../platform/blobs.ts';
import type { Job } from './jobs.ts';

const DAY_MS = 24 * 3_600_000;

/**
 * No file takes a day to write, so an older incomplete one is abandoned. By the machine's clock, as the times of files.
 * Several processes may run the same round.
 */
export function halfWrittenJob({ blobs }: { readonly blobs: BlobStore }): Job {
  return { name: 'half-written', everyMs: 3_600_000, run: () => blobs.removeHalfWritten(systemClock.nowMs() - DAY_MS) };
}
