/** Where our own messages sort among those that came through webhooks. */

const DIGITS = 13;
const LEADING = /^(\d{13})-(\d{13})-/;

const digits = (ms: number): string => String(Math.max(0, Math.floor(ms))).padStart(DIGITS, '0');

/**
 * Position of a message sent now: after everything in the thread, even if this process's clock is behind. So an answer
 * never sorts before what it answers, and queued messages leave in the order of their rows.
 */
export function outboundPosition(nowMs: number, last: string | null, messageId: string): string {
  const at = (first: number, second: number): string => `${digits(first)}-${digits(second)}-o-${messageId}`;
  const position = at(nowMs, nowMs);
  if (last === null || position > last) return position;
  const match = LEADING.exec(last);
  return match === null ? position : at(Number(match[1]), Number(match[2]) + 1);
}
