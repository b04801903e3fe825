/** Ends a session some time after its token has ended, unless it is renewed. */
import { systemClock } from '../lib/clock.ts';

/** A token may be renewed this long after its end, ms. */
export const EXPIRY_GRACE_MS = 25_000;
/** Longest delay a timer can have. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A running timer; `extend` sets a new end. */
export interface Expiry {
  extend(expiresAtMs: number): void;
  stop(): void;
}

/** Calls `onExpired` once, `graceMs` after `expiresAtMs`. */
export function startExpiry(expiresAtMs: number, graceMs: number, onExpired: () => void): Expiry {
  let timer: NodeJS.Timeout;
  const arm = (endMs: number): void => {
    const leftMs = endMs + graceMs - systemClock.nowMs();
    timer = setTimeout(
      () => {
        if (leftMs > MAX_TIMER_MS) arm(endMs);
        else onExpired();
      },
      Math.min(Math.max(0, leftMs), MAX_TIMER_MS),
    );
  };
  arm(expiresAtMs);
  return {
    extend: (endMs) => {
      clearTimeout(timer);
      arm(endMs);
    },
    stop: () => {
      clearTimeout(timer);
    },
  };
}
