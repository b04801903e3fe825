/** Follows one tenant's log: through hints when they continue the cursor, through the log itself when they do not. */
import type { Cursor, ResyncReason } from '../contract/events.ts';
import type { TenantId } from '../contract/ids.ts';
import type { Hint } from '../contract/jobs.ts';
import type { LogReader, LogRange } from '../inbox/log-reader.ts';
import type { Logger } from '../platform/log.ts';
import { measured, type MeasuredEvent } from './frames.ts';
import { LogRing, RING_SIZE, type RingShelf } from './ring.ts';

const PAGE = 500;
const EVERYTHING = Number.MAX_SAFE_INTEGER;

/** The part of the log that a hint covers. */
type HintSpan = Pick<Hint, 'epoch' | 'from' | 'to'>;

/** Called synchronously. */
export interface TailListener {
  /** Events after `from`, in order and without gaps; the tailer's cursor is at the last of them. If it throws: `reset`. */
  batch(events: readonly MeasuredEvent[], from: number): void;
  /**
   * What listeners hold is void, and they continue at the tailer's cursor: the log has a gap, or `batch` threw. Must
   * not throw.
   */
  reset(reason: Extract<ResyncReason, 'epoch' | 'too-old'>): void;
}

/** What a tailer depends on. */
export interface TailerOptions {
  readonly tenantId: TenantId;
  readonly reader: LogReader;
  readonly listener: TailListener;
  readonly rings: RingShelf;
  readonly log: Logger;
}

/** One per node and tenant with live connections here. Only tailers deliver durable events. */
export class Tailer {
  readonly #options: TailerOptions;
  readonly #ring: LogRing;
  #cursor: Cursor;
  #filling: Promise<void> | null = null;
  /** Everything committed before this instant has been delivered; by the clock of performance.now(). */
  #levelMs = 0;
  #closed = false;

  private constructor(options: TailerOptions, cursor: Cursor) {
    this.#options = options;
    this.#ring = new LogRing(options.rings);
    this.#cursor = cursor;
  }

  /** Starts at the head, with the ring filled from the log. Null when the tenant does not exist. */
  static async start(options: TailerOptions): Promise<Tailer | null> {
    const { reader, tenantId } = options;
    const askedMs = performance.now();
    const [head] = await reader.heads([tenantId]);
    if (head === undefined) return null;
    const from = Math.max(0, head.head - RING_SIZE);
    const known = { tenantId, from, to: head.head, epoch: head.epoch, limit: RING_SIZE };
    const range = await reader.knownRange(known);
    const tailer = new Tailer(options, { epoch: head.epoch, seq: head.head });
    // A range too large to be read at once does not reach the head, and is not kept.
    if (range?.epoch === head.epoch && range.events.at(-1)?.seq === head.head)
      tailer.#ring.push(range.events.map(measured));
    tailer.#levelMs = askedMs;
    return tailer;
  }

  /** Everything up to here has been delivered to the listener. */
  get cursor(): Cursor {
    return this.#cursor;
  }

  /** Events after `seq` up to `to`, or up to the cursor, from memory; null when the log has to be read. */
  since(seq: number, to: number = this.#cursor.seq): readonly MeasuredEvent[] | null {
    if (seq >= this.#cursor.seq) return [];
    const events = this.#ring.since(seq);
    return events === null ? null : events.slice(0, to - seq);
  }

  /**
   * Delivers a hint that continues the cursor at once; otherwise reads the log. Old hints are ignored. Throws as `read`
   * does.
   */
  onHint(hint: HintSpan, read: () => readonly MeasuredEvent[]): void {
    if (!this.takeOn(hint, read)) this.#fillLater();
  }

  /**
   * Delivers what continues the cursor, unless it was delivered already. Returns false and does nothing if it would
   * leave a gap.
   */
  takeOn({ epoch, from, to }: HintSpan, read: () => readonly MeasuredEvent[]): boolean {
    const { seq } = this.#cursor;
    if (epoch !== this.#cursor.epoch || from > seq) return false;
    if (to <= seq) return true;
    const fresh = read().filter((event) => event.seq > seq);
    if (fresh[0]?.seq !== seq + 1 || fresh.length !== to - seq) return false;
    this.#deliver(fresh);
    return true;
  }

  /** Compares with a head that was queried at `askedMs`. A head below the cursor was read before the last hint came. */
  onHead(head: { readonly epoch: string; readonly head: number }, askedMs: number): void {
    if (head.epoch !== this.#cursor.epoch || head.head > this.#cursor.seq) this.#fillLater();
    else this.#levelMs = askedMs;
  }

  /** True when everything that was committed more than `ageMs` ago has been delivered. */
  isLevel(ageMs: number): boolean {
    return performance.now() - this.#levelMs <= ageMs;
  }

  /** Reads until the cursor is at `seq`, or at the head if the log does not reach that far. */
  async reach(seq: number): Promise<void> {
    // The first fill may have begun before the caller learnt of `seq`; the second has not.
    for (let tries = 0; tries < 2 && this.#cursor.seq < seq; tries += 1) await this.#fill();
  }

  /** Nothing is delivered afterwards. */
  close(): void {
    this.#closed = true;
    this.#ring.clear();
  }

  #fillLater(): void {
    this.#fill().catch((error: unknown) => {
      this.#options.log.warn({ err: error, tenantId: this.#options.tenantId }, 'Reading the event log failed.');
    });
  }

  #fill(): Promise<void> {
    this.#filling ??= this.#readOn().finally(() => {
      this.#filling = null;
    });
    return this.#filling;
  }

  async #readOn(): Promise<void> {
    const { reader, tenantId } = this.#options;
    for (;;) {
      const askedMs = performance.now();
      const range = await reader.range({ tenantId, from: this.#cursor.seq, to: EVERYTHING, limit: PAGE });
      if (range === null || this.#closed) return;
      if (this.#take(range)) continue;
      this.#levelMs = askedMs;
      return;
    }
  }

  /** True when there may be more to read. */
  #take(range: LogRange): boolean {
    const { epoch, seq } = this.#cursor;
    if (range.epoch !== epoch) {
      this.#reset('epoch', range);
      return false;
    }
    // Hints may have moved the cursor while the log was read.
    const fresh = range.events.filter((event) => event.seq > seq);
    const isFull = (range.events.at(-1)?.seq ?? range.head) < range.head;
    // Nothing new on a full page is not a gap: hints were faster, and the rest may be on the next page.
    const lost = fresh[0] === undefined ? !isFull && range.head > seq : fresh[0].seq !== seq + 1;
    if (lost) this.#reset('too-old', range);
    else this.#deliver(fresh.map(measured));
    return !lost && isFull;
  }

  #reset(reason: 'epoch' | 'too-old', range: LogRange): void {
    const { log, tenantId, listener } = this.#options;
    log.warn({ tenantId, reason }, 'The event log does not continue; everybody here starts from a snapshot.');
    this.#ring.clear();
    this.#cursor = { epoch: range.epoch, seq: range.head };
    listener.reset(reason);
  }

  #deliver(events: readonly MeasuredEvent[]): void {
    const last = events.at(-1);
    if (last === undefined || this.#closed) return;
    const from = this.#cursor.seq;
    this.#cursor = { epoch: this.#cursor.epoch, seq: last.seq };
    this.#ring.push(events);
    const { log, tenantId, listener } = this.#options;
    try {
      listener.batch(events, from);
    } catch (error) {
      // Some listeners have been told and some have not; later events would hide that.
      log.error({ err: error, tenantId }, 'Events could not be told; everybody here starts from a snapshot.');
      listener.reset('too-old');
    }
  }
}
