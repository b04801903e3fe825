/** The last events of one tenant's log in memory, so that a storm of reconnects does not read the database. */
import type { LogEvent } from '../contract/jobs.ts';
import { roughBytes } from './frames.ts';

/** Events kept at least, once there were that many and they are not huge. */
export const RING_SIZE = 512;
/** About the most that is kept, as JSON. */
export const RING_BYTES = 8 * 1024 * 1024;

/** Consecutive events; `seq` of each is one more than of the one before. */
export class LogRing {
  #events: LogEvent[] = [];
  #sizes: number[] = [];
  #bytes = 0;

  /** Appends events that continue the ring; ones that do not start it anew. */
  push(events: readonly LogEvent[]): void {
    const last = this.#events.at(-1);
    const first = events[0];
    if (first === undefined) return;
    if (last !== undefined && first.seq !== last.seq + 1) this.clear();
    for (const event of events) {
      const bytes = roughBytes(event.data);
      this.#events.push(event);
      this.#sizes.push(bytes);
      this.#bytes += bytes;
    }
    this.#trim();
  }

  /** All events after `seq`, or null when the ring does not reach back that far. */
  since(seq: number): readonly LogEvent[] | null {
    const first = this.#events[0];
    if (first === undefined || seq < first.seq - 1) return null;
    return this.#events.slice(seq - first.seq + 1);
  }

  clear(): void {
    this.#events = [];
    this.#sizes = [];
    this.#bytes = 0;
  }

  /** Half of it goes at a time, so that this is rare. */
  #trim(): void {
    if (this.#events.length <= 2 * RING_SIZE && this.#bytes <= RING_BYTES) return;
    let start = Math.max(0, this.#events.length - RING_SIZE);
    let kept = this.#sizes.slice(start).reduce((sum, bytes) => sum + bytes, 0);
    for (; kept > RING_BYTES / 2; start += 1) kept -= this.#sizes[start] ?? 0;
    this.#events = this.#events.slice(start);
    this.#sizes = this.#sizes.slice(start);
    this.#bytes = kept;
  }
}
