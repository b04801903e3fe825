/** What an HTTP exchange means for a send, as far as it does not depend on the carrier. */
import { asNumber } from '../lib/loose.ts';
import type { HttpResult, SendFailure, SendOutcome } from './sending.ts';

/** An exchange that got an answer. */
export type Answered = Extract<HttpResult, { readonly ok: true }>;

/** Refused: it certainly did not go out. */
export function refused(failure: SendFailure): SendOutcome {
  return { kind: 'refused', failure };
}

/** Refused for ever, for a reason found before anything was sent. */
export function refusedLocally(code: string, title: string): SendOutcome {
  return refused({ code, title, action: 'final', retryAfterMs: null });
}

/**
 * The outcome of an exchange without an answer: what was never written can be repeated, what may have arrived must not
 * be. Null when there is an answer to look at.
 */
export function withoutAnswer(result: HttpResult): SendOutcome | null {
  if (result.ok) return null;
  if (result.sent) return { kind: 'unknown', reason: result.reason };
  const title = 'WhatsApp could not be reached';
  return refused({ code: 'unreachable', title, action: 'retry', retryAfterMs: null });
}

const LONGEST_WAIT_MS = 3_600_000;

/** `Retry-After` in ms, at most an hour: seconds, or a date counted from the answer's own `Date`; null without one. */
export function retryAfterMs(headers: Readonly<Record<string, string>>): number | null {
  const value = headers['retry-after'];
  if (value === undefined) return null;
  const seconds = asNumber(value.trim());
  const ms = seconds === null ? Date.parse(value) - Date.parse(headers['date'] ?? '') : seconds * 1000;
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, LONGEST_WAIT_MS) : null;
}

/** True for answers that a proxy may give after the carrier took the message: nothing certain follows from them. */
export function isUncertain(status: number): boolean {
  return status >= 500 || status === 408;
}
