/** Says "the log has grown" to every gateway, right after commit. Lossy by design: tailers poll as well. */
import type { LoggedEvent } from './event-log.ts';

/**
 * Redis pub/sub channel. Written by whoever committed log events (gateways, workers), read by the tailer of every
 * gateway; nothing is stored.
 */
export const HINT_CHANNEL = 'hunfly:hints';

/** A message on the channel is at most about this long. A single larger event is not carried: tailers read it. */
const MESSAGE_BYTES = 128 * 1024;

/** Sends one message on a pub/sub channel; what cannot be sent is lost. */
export interface HintPublisher {
  publish(channel: string, payload: string): void;
}

/** Events of one tenant that follow each other, as many as one message takes. */
interface Run {
  readonly events: LoggedEvent[];
  bytes: number;
}

/**
 * Messages for a batch, in order: `{"hints":[Hint, …]}` (contract/jobs.ts), mostly one. A long batch is several, and
 * a tenant's events may be in more than one of them; its hints then continue each other.
 */
export function encodeHints(logged: readonly LoggedEvent[]): string[] {
  const messages: string[] = [];
  let hints: string[] = [];
  let bytes = 0;
  for (const run of runsOf(logged)) {
    if (bytes > 0 && bytes + run.bytes > MESSAGE_BYTES) {
      messages.push(`{"hints":[${hints.join(',')}]}`);
      [hints, bytes] = [[], 0];
    }
    hints.push(encodeHint(run));
    bytes += run.bytes;
  }
  return [...messages, `{"hints":[${hints.join(',')}]}`];
}

/** Publishes what a transaction logged; call only after its commit has returned. */
export function publishHints(publisher: HintPublisher, logged: readonly LoggedEvent[]): void {
  if (logged.length === 0) return;
  for (const message of encodeHints(logged)) publisher.publish(HINT_CHANNEL, message);
}

function runsOf(logged: readonly LoggedEvent[]): Run[] {
  const runs: Run[] = [];
  const open = new Map<string, Run>();
  for (const event of logged) {
    const size = event.event.length;
    const current = open.get(event.tenantId);
    if (current !== undefined && current.bytes + size <= MESSAGE_BYTES) {
      current.events.push(event);
      current.bytes += size;
      continue;
    }
    const run = { events: [event], bytes: size };
    open.set(event.tenantId, run);
    runs.push(run);
  }
  return runs;
}

function encodeHint({ events, bytes }: Run): string {
  const first = events[0];
  const last = events[events.length - 1];
  if (first === undefined || last === undefined) throw new Error('a hint needs at least one event');
  const head = `"tenantId":"${first.tenantId}","epoch":"${first.epoch}","from":${String(first.seq - 1)},"to":${String(last.seq)}`;
  // The events are JSON text already: joined, not parsed and written again.
  return bytes <= MESSAGE_BYTES ? `{${head},"events":[${events.map((event) => event.event).join(',')}]}` : `{${head}}`;
}
