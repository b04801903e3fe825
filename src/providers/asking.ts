/** What an HTTP exchange about a number means, for every carrier alike. */
import type { CarrierSilence } from './managing.ts';
import { isUncertain, retryAfterMs } from './outcome.ts';
import type { HttpResult } from './sending.ts';

/** No usable answer, for a reason that says nothing about the number. */
export function silent(title: string, waitMs: number | null = null): CarrierSilence {
  return { kind: 'silent', title, retryAfterMs: waitMs };
}

/** The silence behind an exchange without an answer, or with a server error; null when the answer can be read. */
export function silenceOf(result: HttpResult): CarrierSilence | null {
  if (!result.ok) return silent('The server of this number does not answer.');
  const { status, headers } = result;
  if (status === 429) return silent('The server asks to be left alone for a while.', retryAfterMs(headers));
  return isUncertain(status)
    ? silent(`The server has a problem of its own (HTTP ${String(status)}).`, retryAfterMs(headers))
    : null;
}
