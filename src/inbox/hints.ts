/** Says "the log has grown" to every gateway, right after commit. Lossy by design: tailers poll as well. */
import type { LoggedEvent } from './event-log.ts';

/**
 * Redis pub/sub channel. Written by whoever committed log events (gateways, workers), read by the tailer of every
 * gateway; nothing is stored.
 */
export const HINT_CHANNEL = 'hunfly:hints';

/** Above this size a hint carries only the numbers and the tailer reads the log instead. */
const MAX_HINT_BYTES = 256 * 1024;

/** Sends one message on a pub/sub channel; a failure is counted and forgotten. */
export interface HintPublisher {
  publish(channel: string, payload: string): void;
}

/** One message for the whole batch: `{"hints":[Hint, …]}` (contract/jobs.ts), one hint per tenant. */
export function encodeHints(logged: readonly LoggedEvent[]): string {
  const byTenant = new Map<string, LoggedEvent[]>();
  for (const event of logged) {
    const list = byTenant.get(event.tenantId);
    if (list === undefined) byTenant.set(event.tenantId, [event]);
    else list.push(event);
  }
  const carry = logged.reduce((bytes, event) => bytes + event.event.length, 0) <= MAX_HINT_BYTES;
  const hints = [...byTenant.values()].map((events) => encodeHint(events, carry));
  return `{"hints":[${hints.join(',')}]}`;
}

/** Publishes what a transaction logged; call only after its commit has returned. */
export function publishHints(publisher: HintPublisher, logged: readonly LoggedEvent[]): void {
  if (logged.length > 0) publisher.publish(HINT_CHANNEL, encodeHints(logged));
}

function encodeHint(events: readonly LoggedEvent[], carry: boolean): string {
  const first = events[0];
  const last = events[events.length - 1];
  if (first === undefined || last === undefined) throw new Error('a hint needs at least one event');
  const head = `"tenantId":"${first.tenantId}","epoch":"${first.epoch}","from":${String(first.seq - 1)},"to":${String(last.seq)}`;
  // The events are JSON text already: joined, not parsed and written again.
  return carry ? `{${head},"events":[${events.map((event) => event.event).join(',')}]}` : `{${head}}`;
}
