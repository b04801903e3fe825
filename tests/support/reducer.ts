/** The minimum that a client must do with frames, and what it must never see. */
import type { Thread } from '../../src/contract/entities.ts';
import type { Cursor, Event, EventsFrame } from '../../src/contract/events.ts';

/** State of one client over many connections. */
export class TestReducer {
  cursor: Cursor | null = null;
  readonly threads = new Map<string, Thread>();
  /** Every event taken, in order. */
  readonly taken: Event[] = [];
  readonly violations: string[] = [];
  resyncs = 0;
  #lastTo: number | null = null;

  /** A new connection: the chain of frames starts again. */
  connected(): void {
    this.#lastTo = null;
  }

  start(cursor: Cursor, threads: readonly Thread[]): void {
    this.cursor = cursor;
    this.threads.clear();
    for (const thread of threads) this.threads.set(thread.id, thread);
  }

  frame(frame: EventsFrame): void {
    if (this.cursor === null) return;
    if (frame.epoch !== this.cursor.epoch) this.violations.push('a frame of another epoch');
    if (frame.from > this.cursor.seq)
      this.violations.push(`a gap: ${String(this.cursor.seq)} to ${String(frame.from)}`);
    if (this.#lastTo !== null && frame.from !== this.#lastTo) this.violations.push('frames do not chain');
    this.#lastTo = frame.to;
    for (const event of frame.events) {
      if (event.seq <= frame.from || event.seq > frame.to) this.violations.push('an event outside its frame');
      if (event.seq > this.cursor.seq) this.#take(event);
    }
    this.cursor = { epoch: frame.epoch, seq: Math.max(this.cursor.seq, frame.to) };
  }

  #take(event: Event): void {
    const last = this.taken.at(-1);
    if (last !== undefined && event.seq <= last.seq) this.violations.push('out of order');
    this.taken.push(event);
    if (event.type === 'thread.removed') this.threads.delete(event.data.threadId);
    else if ('thread' in event.data) this.#keep(event.data.thread);
  }

  #keep(thread: Thread): void {
    const known = this.threads.get(thread.id);
    if (known === undefined || known.version < thread.version) this.threads.set(thread.id, thread);
  }
}
