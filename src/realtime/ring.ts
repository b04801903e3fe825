/** The last events of the tenants' logs in memory, so that a storm of reconnects does not read the database. */
import type { LogEvent } from '../contract/jobs.ts';
import { measured, type MeasuredEvent } from './frames.ts';

/** Events that a ring keeps at least, unless they are huge or the node is short of room. */
export const RING_SIZE = 512;
/** How far a ring may exceed that before it is cut back, so that cutting is rare. */
const RING_SLACK = 64;
/** Approximate maximum of one ring, as JSON. */
export const RING_BYTES = 8 * 1024 * 1024;
/** Approximate maximum of all rings of a node together, as JSON; their size in the heap is similar. */
const SHELF_BYTES = 64 * 1024 * 1024;

/** Consecutive events: each `seq` is one more than the previous one. */
export class LogRing {
  readonly #shelf: RingShelf;
  #events: MeasuredEvent[] = [];
  #bytes = 0;

  constructor(shelf: RingShelf) {
    this.#shelf = shelf;
  }

  /** Approximate size as JSON. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends events that continue the ring; others restart it. */
  push(events: readonly MeasuredEvent[]): void {
    const last = this.#events.at(-1);
    const first = events[0];
    if (first === undefined) return;
    if (last !== undefined && first.seq !== last.seq + 1) this.#keep(0);
    for (const event of events) {
      if (event.type === 'thread.removed') this.#forget(event);
      this.#events.push(event);
      this.#bytes += event.bytes;
    }
    if (this.#events.length > RING_SIZE + RING_SLACK) this.#keep(RING_SIZE);
    while (this.#bytes > RING_BYTES) this.halve();
    this.#shelf.changed(this);
  }

  /** All events after `seq`, or null when the ring does not reach back that far. */
  since(seq: number): readonly MeasuredEvent[] | null {
    const first = this.#events[0];
    if (first === undefined || seq < first.seq - 1) return null;
    return this.#events.slice(seq - first.seq + 1);
  }

  clear(): void {
    this.#keep(0);
    this.#shelf.changed(this);
  }

  /** Drops the older half. The shelf calls this too, and updates its own count. */
  halve(): void {
    this.#keep(Math.floor(this.#events.length / 2));
  }

  /**
   * Empties the earlier events of a removed thread: nobody is told them any more, and they may be about somebody who
   * was erased.
   */
  #forget(removal: LogEvent): void {
    this.#events = this.#events.map((event) => {
      if (event.threadId !== removal.threadId || event.type === 'thread.removed') return event;
      const emptied = emptiedBy(event, removal);
      this.#bytes += emptied.bytes - event.bytes;
      return emptied;
    });
  }

  #keep(count: number): void {
    const gone = this.#events.splice(0, this.#events.length - count);
    for (const { bytes } of gone) this.#bytes -= bytes;
  }
}

/** Takes the place of an event in the log. Copied field by field, because an event that is still text has getters. */
function emptiedBy(event: LogEvent, { type, data }: LogEvent): MeasuredEvent {
  const { seq, at, threadId, assigneeBefore, assigneeAfter, created, receivedAtMs } = event;
  return measured({ seq, at, type, threadId, assigneeBefore, assigneeAfter, created, receivedAtMs, data });
}

/** Bounds what all rings of a node keep: the tenant that has been quiet longest drops its older half first. */
export class RingShelf {
  readonly #limit: number;
  /** Size of each ring, in order of their last change. */
  readonly #rings = new Map<LogRing, number>();
  #bytes = 0;

  constructor(limit: number = SHELF_BYTES) {
    this.#limit = limit;
  }

  /** Called by a ring when it has changed. */
  changed(ring: LogRing): void {
    this.#count(ring);
    this.#rings.delete(ring);
    if (ring.bytes > 0) this.#rings.set(ring, ring.bytes);
    while (this.#bytes > this.#limit) this.#halveQuietest();
  }

  #halveQuietest(): void {
    const [quietest] = this.#rings.keys();
    if (quietest === undefined) throw new Error('the rings keep more than there is in them');
    quietest.halve();
    this.#count(quietest);
    if (quietest.bytes === 0) this.#rings.delete(quietest);
  }

  #count(ring: LogRing): void {
    this.#bytes += ring.bytes - (this.#rings.get(ring) ?? 0);
    this.#rings.set(ring, ring.bytes);
  }
}
