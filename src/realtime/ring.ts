/** The last events of one tenant's log in memory, so that a storm of reconnects does not read the database. */
import type { LogEvent } from '../contract/jobs.ts';

/** Events kept at least, once there were that many. */
export const RING_SIZE = 512;

/** Consecutive events; `seq` of each is one more than of the one before. */
export class LogRing {
  #events: LogEvent[] = [];

  /** Appends events that continue the ring; ones that do not start it anew. */
  push(events: readonly LogEvent[]): void {
    const last = this.#events.at(-1);
    const first = events[0];
    if (first === undefined) return;
    if (last !== undefined && first.seq !== last.seq + 1) this.#events = [];
    this.#events.push(...events);
    if (this.#events.length > 2 * RING_SIZE) this.#events = this.#events.slice(-RING_SIZE);
  }

  /** All events after `seq`, or null when the ring does not reach back that far. */
  since(seq: number): readonly LogEvent[] | null {
    const first = this.#events[0];
    if (first === undefined || seq < first.seq - 1) return null;
    return this.#events.slice(seq - first.seq + 1);
  }

  clear(): void {
    this.#events = [];
  }
}
