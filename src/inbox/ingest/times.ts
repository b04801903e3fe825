/** Instants, positions in a thread and references, from what webhooks contain. Pure. */

/** The provider's clock, never later than receipt; the time of receipt if it is missing or nonsense. */
export function clampTime(atMs: number | null, receivedAtMs: number): number {
  return atMs === null || !Number.isFinite(atMs) || atMs <= 0 ? receivedAtMs : Math.min(Math.trunc(atMs), receivedAtMs);
}

/** Sorts a thread: time, then stream id, then index in the body; fixed width, so that text order is number order. */
export function positionOf(atMs: number, streamId: string, index: number): string {
  const [ms = '0', seq = '0'] = (streamId.split('/')[1] ?? streamId).split('-');
  return `${pad(atMs, 13)}-${ms.padStart(13, '0')}-${seq.padStart(6, '0')}-${pad(index, 5)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Our own message id, if the client reference is one. */
export function asUuid(ref: string | null): string | null {
  return ref !== null && UUID.test(ref) ? ref : null;
}
