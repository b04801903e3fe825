/** What a refusal means for the message: retry, and when; or give up, and with which explanation. */
import { backoffMs } from '../../../lib/backoff.ts';
import { assertNever } from '../../../lib/assert-never.ts';
import type { SendFailure } from '../../../providers/sending.ts';
import type { Verdict } from './types.ts';

/** Total attempts of one message, and how long after the first one the last may be made. */
export const MAX_ATTEMPTS = 8;
const MAX_RETRY_MS = 15 * 60_000;
const RETRY_BACKOFF = { baseMs: 2000, capMs: 240_000 };
/** Meta asks to wait 4^n s for one recipient (error 131056). */
const PAIR_BASE = 4;
/** How long a number pauses when its carrier limits it without saying for how long. */
export const DEFAULT_REST_MS = 5 * 60_000;
const MAX_REST_MS = 60 * 60_000;
/** A message that waited this long behind a paused number is too old to be sent without asking. */
const MAX_WAIT_MS = 12 * 60 * 60_000;
const WINDOW_TITLE = 'The 24-hour window has closed: send a template instead.';

/** `attempt` counts from 1, the refused one included; `elapsedMs` since the first attempt; `random` as in backoffMs. */
export interface Progress {
  readonly attempt: number;
  readonly elapsedMs: number;
  readonly random?: () => number;
}

/** Decides by the failure's action alone; pure. */
export function decide(failure: SendFailure, progress: Progress): Verdict {
  switch (failure.action) {
    case 'retry':
    case 'slow':
      return retry(failure, progress, Math.max(jitter(progress), failure.retryAfterMs ?? 0));
    case 'pair':
      return retry(failure, progress, Math.max(1000 * PAIR_BASE ** progress.attempt, failure.retryAfterMs ?? 0));
    case 'pause':
      return pauseNumber(failure, progress);
    case 'account':
      return failed(failure, { retryable: true, stopAccount: true });
    case 'window':
      return failed({ ...failure, title: WINDOW_TITLE }, { retryable: false, stopAccount: false });
    case 'final':
      return failed(failure, { retryable: false, stopAccount: false });
    default:
      return assertNever(failure.action, 'action of a send failure');
  }
}

function jitter({ attempt, random }: Progress): number {
  return backoffMs(attempt - 1, RETRY_BACKOFF, random);
}

function retry(failure: SendFailure, progress: Progress, delayMs: number): Verdict {
  const last = progress.attempt >= MAX_ATTEMPTS || progress.elapsedMs + delayMs > MAX_RETRY_MS;
  if (last) return failed(failure, { retryable: true, stopAccount: false });
  // A carrier that names a time means the number, not only this message.
  const restMs = failure.action !== 'pair' && failure.retryAfterMs !== null ? delayMs : 0;
  return { to: 'queued', delayMs, counts: true, restMs, error: errorOf(failure, true) };
}

function pauseNumber(failure: SendFailure, progress: Progress): Verdict {
  if (progress.elapsedMs > MAX_WAIT_MS) return failed(failure, { retryable: true, stopAccount: false });
  const restMs = Math.min(MAX_REST_MS, failure.retryAfterMs ?? DEFAULT_REST_MS);
  return { to: 'queued', delayMs: restMs, counts: false, restMs, error: errorOf(failure, true) };
}

function failed(failure: SendFailure, how: { readonly retryable: boolean; readonly stopAccount: boolean }): Verdict {
  const closeWindow = failure.action === 'window';
  return { to: 'failed', stopAccount: how.stopAccount, closeWindow, error: errorOf(failure, how.retryable) };
}

function errorOf(
  { code, title }: SendFailure,
  retryable: boolean,
): { code: string; title: string; retryable: boolean } {
  return { code, title: title.slice(0, 300), retryable };
}
