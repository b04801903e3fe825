/** Explains an error and says what to do. */
import type { ErrorBody } from '../../../src/contract/errors.ts';
import { isStale, newerMessage } from '../sync/conflict.ts';
import type { Entry } from '../sync/outbox.ts';
import { summaryOf } from './summary.ts';

/**
 * Text for a held command. Nobody knows whether it was carried out. If there was no answer yet, the answer may still
 * arrive by itself.
 */
export const heldWords = ({ error }: Entry): string =>
  error === null
    ? 'The server does not answer. Wait for it, or try again: nothing is done twice.'
    : 'The server could not take it for a while. Try again: nothing is done twice.';

/** Text for an error; falls back to the server's own message. */
export function refusalWords(error: ErrorBody): string {
  const newer = newerMessage(error);
  if (newer !== null) return `Meanwhile: “${summaryOf(newer)}”`;
  if (isStale(error)) return 'The conversation is not as you saw it last.';
  if (error.code === 'window_closed') return 'The 24-hour window is closed. Only a template can be sent now.';
  if (error.code === 'channel_down')
    return 'The number is not connected. Try again when it is, or tell an administrator.';
  if (error.code === 'rate_limited') return 'Too many at once. Wait a moment and try again.';
  return error.message;
}
