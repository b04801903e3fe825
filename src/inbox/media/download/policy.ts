/** Whether and when a failed download is retried. */
import { backoffMs } from '../../../lib/backoff.ts';
import type { MessageKind } from '../../../contract/message.ts';
import type { MediaFailure } from '../../../providers/media.ts';

/** With the delays below these take about six hours: longer than an outage, shorter than a carrier keeps a file. */
const MAX_ATTEMPTS = 12;
const WAIT = { baseMs: 4000, capMs: 3_600_000 };

/** Ms until the next attempt; null: give up. `attempt` counts from 1. */
export function nextAttemptMs({ action, retryAfterMs }: MediaFailure, attempt: number): number | null {
  if (action === 'final' || attempt >= MAX_ATTEMPTS) return null;
  const ceiling = Math.min(WAIT.capMs, WAIT.baseMs * 2 ** attempt);
  return Math.max(retryAfterMs ?? 0, ceiling / 2 + backoffMs(attempt, WAIT) / 2);
}

const MB = 1024 * 1024;
const LARGEST = 100 * MB;
const LARGEST_OF: Partial<Record<MessageKind, number>> = { image: 32 * MB, sticker: 4 * MB, audio: 32 * MB };

/** Bytes of the largest file that is stored: more than WhatsApp lets customers send of this kind to a business. */
export function maxBytesOf(kind: MessageKind): number {
  return LARGEST_OF[kind] ?? LARGEST;
}

/** Failures on our own side; the carriers' are in their folders. */
export const OWN_FAILURES = {
  account: {
    code: 'account',
    action: 'retry',
    retryAfterMs: null,
    title: 'The number that got this file is not connected.',
  },
  unsupported: {
    code: 'unsupported',
    action: 'final',
    retryAfterMs: null,
    title: 'Files cannot be fetched from this kind of number.',
  },
  empty: { code: 'empty', action: 'retry', retryAfterMs: null, title: 'WhatsApp handed out an empty file.' },
  checksum: { code: 'checksum', action: 'retry', retryAfterMs: null, title: 'The file arrived damaged.' },
  broken: {
    code: 'broken',
    action: 'retry',
    retryAfterMs: null,
    title: 'The connection to WhatsApp broke while the file was fetched.',
  },
  storage: { code: 'storage', action: 'retry', retryAfterMs: null, title: 'The file could not be stored.' },
} as const satisfies Record<string, MediaFailure>;

/** The file is larger than the limit. */
export function tooLarge(maxBytes: number): MediaFailure {
  const title = `The file is larger than ${String(maxBytes / MB)} MB and was not fetched.`;
  return { code: 'too_large', action: 'final', retryAfterMs: null, title };
}
