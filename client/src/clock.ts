/** The one place of the client that reads the wall clock. */

let offsetMs = 0;

/** Milliseconds since 1970 by the server's clock, as estimated from the last `ready`. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}

/** Milliseconds since 1970 by this machine's clock; for timers, never for comparing with the server's instants. */
export function localNow(): number {
  return Date.now();
}

/** Learns the offset of this machine's clock. `serverTime` is the instant in the server's `ready`. */
export function learnServerTime(serverTime: string): void {
  const parsed = Date.parse(serverTime);
  if (Number.isFinite(parsed)) offsetMs = parsed - Date.now();
}
