/** Where attachments are kept: one interface, implemented by a folder and by an S3-compatible bucket. */
import type { Readable } from 'node:stream';

/** Both ends inclusive, counted from 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Bytes by key. Keys are ours, never a caller's: letters, digits, dash, underscore, dot and slash, without `..`. */
export interface BlobStore {
  /** Bytes under the key; null where there is nothing. Rejects when the store is away. */
  size(key: string): Promise<number | null>;
  /** Reads all of it, or a range. Errors, including a key that has disappeared, are reported by the stream. */
  read(key: string, range?: ByteRange): Readable;
  /**
   * Stores the bytes under the key, in place of what was there, all or nothing. Rejects when `source` fails or has
   * another length than `sizeBytes`, and when the store is away.
   */
  write(key: string, source: Readable, sizeBytes: number): Promise<void>;
  /** Harmless where there is nothing. */
  remove(key: string): Promise<void>;
  /**
   * Removes at most about a thousand partial files that were begun before `beforeMs` (wall clock) and left by killed
   * processes; returns how many.
   */
  removeHalfWritten(beforeMs: number): Promise<number>;
}

/**
 * Call this before anything is awaited: a source that fails before it is read would otherwise end the process. Whoever
 * reads it later still gets the error.
 */
export function mayFailUnread(source: Readable): void {
  source.on('error', () => undefined);
}

const KEY = /^[A-Za-z0-9_-][A-Za-z0-9_./-]*$/;

/** The key itself; throws RangeError for one that is none of ours. */
export function checkedKey(key: string): string {
  if (!KEY.test(key) || key.includes('..')) throw new RangeError('not a storage key');
  return key;
}
