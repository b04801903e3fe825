/** The one place of the client that reads the wall clock. */

let offsetMs = 0;

/** Milliseconds since 1970 by the server's clock, as far as we know it. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}

/** Milliseconds since 1970 by this machine's clock; for timers, never for comparing with the server's instants. */
export function localNow(): number {
  return Date.now();
}

/** Learns how far this machine's clock is off. `serverTime` is the instant the server put into `ready`. */
export function learnServerTime(serverTime: string): void {
  const parsed = Date.parse(serverTime);
  if (Number.isFinite(parsed)) offsetMs = parsed - Date.now();
}
