/** Ends a session some time after its token has expired, unless it is renewed. */
import type { Clock } from '../lib/clock.ts';

/** How long after its expiry a token may still be renewed, ms. */
export const EXPIRY_GRACE_MS = 25_000;
/** The longest delay of a timer, rounded to whole steps. */
const MAX_TIMER_MS = 2_147_483_000;
/** Node keeps one list per distinct delay: with delays in whole seconds, thousands of timers share a few lists. */
const STEP_MS = 1000;

/** A running timer; `extend` sets a new end. */
export interface Expiry {
  extend(expiresAtMs: number): void;
  stop(): void;
}

/** What an expiry is measured by. */
export interface ExpiryOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  /** How long a session outlives its token, ms. */
  readonly graceMs: number;
}

/** Calls `onExpired` once, `graceMs` after `expiresAtMs` or up to a second later. */
export function startExpiry(expiresAtMs: number, { clock, graceMs }: ExpiryOptions, onExpired: () => void): Expiry {
  let timer: NodeJS.Timeout;
  const arm = (endMs: number): void => {
    const leftMs = endMs + graceMs - clock.nowMs();
    const delayMs = Math.ceil(Math.max(0, leftMs) / STEP_MS) * STEP_MS;
    timer = setTimeout(
      () => {
        if (delayMs > MAX_TIMER_MS) arm(endMs);
        else onExpired();
      },
      Math.min(delayMs, MAX_TIMER_MS),
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
