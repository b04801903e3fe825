/** The last events of the tenants' logs in memory, so that a storm of reconnects does not read the database. */
import type { LogEvent } from '../contract/jobs.ts';
import { measured, type MeasuredEvent } from './frames.ts';

/** Events that a ring keeps at least, once there were that many, they are not huge and the node has room for them. */
export const RING_SIZE = 512;
/** So many more gather before it is cut back, so that this is rare. */
const RING_SLACK = 64;
/** About the most that one ring keeps, as JSON. */
export const RING_BYTES = 8 * 1024 * 1024;
/** About the most that all rings of a node keep together, as JSON; it is about as much in the heap. */
const SHELF_BYTES = 64 * 1024 * 1024;

/** Consecutive events; `seq` of each is one more than of the one before. */
export class LogRing {
  readonly #shelf: RingShelf;
  #events: MeasuredEvent[] = [];
  #bytes = 0;

  constructor(shelf: RingShelf) {
    this.#shelf = shelf;
  }

  /** About what it keeps, as JSON. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends events that continue the ring; ones that do not start it anew. */
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

  /** The older half goes. The shelf does this as well, and counts it itself. */
  halve(): void {
    this.#keep(Math.floor(this.#events.length / 2));
  }

  /** What a thread was before it was removed is told to nobody any more, and may be of somebody who was erased. */
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

/** In the place of an event in the log; field by field, as one that is still text has getters. */
function emptiedBy(event: LogEvent, { type, data }: LogEvent): MeasuredEvent {
  const { seq, at, threadId, assigneeBefore, assigneeAfter, created, receivedAtMs } = event;
  return measured({ seq, at, type, threadId, assigneeBefore, assigneeAfter, created, receivedAtMs, data });
}

/** What all rings of a node keep is bounded: the tenant that has been quiet for longest gives up its older half first. */
export class RingShelf {
  readonly #limit: number;
  /** What each keeps; the one that changed last stands last. */
  readonly #rings = new Map<LogRing, number>();
  #bytes = 0;

  constructor(limit: number = SHELF_BYTES) {
    this.#limit = limit;
  }

  /** Told by a ring of itself. */
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
