/** A refusal in words that say what to do. */
import type { ErrorBody } from '../../../src/contract/errors.ts';
import { newerMessage } from '../sync/conflict.ts';
import { summaryOf } from './summary.ts';

/** Of something that the server could not take for a while; nobody knows whether it did. */
export const heldWords = (what: string): string =>
  `${what} is not confirmed yet: the server could not take it for a while.`;

/** See above; the server's own words where ours know nothing better. */
export function refusalWords(error: ErrorBody): string {
  const newer = newerMessage(error);
  if (error.code === 'stale_view') {
    return newer === null ? 'Something newer was written meanwhile.' : `Meanwhile: “${summaryOf(newer)}”`;
  }
  if (error.code === 'window_closed') return 'The 24-hour window is closed. Only a template can be sent now.';
  if (error.code === 'channel_down')
    return 'The number is not connected. Try again when it is, or tell an administrator.';
  if (error.code === 'rate_limited') return 'Too many at once. Wait a moment and try again.';
  return error.message;
}
