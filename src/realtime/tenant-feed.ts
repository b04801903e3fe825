/** One tenant on this node: its tailer, its audience classes, and its connections. Joining is one synchronous step. */
import type { Cursor, ResyncReason } from '../contract/events.ts';
import type { TenantId, ThreadId } from '../contract/ids.ts';
import type { LogEvent } from '../contract/jobs.ts';
import type { Caller } from '../inbox/command.ts';
import type { StateOf } from '../inbox/audience.ts';
import type { LogReader } from '../inbox/log-reader.ts';
import {
  changedGrant,
  fateOf,
  grantChange,
  type GrantChange,
  type LiveGrant,
  type SessionsEnded,
} from '../inbox/team/live-member.ts';
import type { TypedThread } from '../inbox/threads/typing.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { AudienceClasses, type AudienceClass, type ClassSink, type EmitFrame } from './audience-classes.ts';
import type { MeasuredEvent } from './frames.ts';
import type { RingShelf } from './ring.ts';
import { Tailer } from './tailer.ts';
import { ThreadMemory } from './thread-memory.ts';

/** Why the feed ends a connection. */
export type EndReason = 'revoked' | 'expired' | 'drain';

/** One connection of one member, socket or event stream. The feed owns `grant`, `seat` and `disturbed`. */
export interface Subscriber extends ClassSink {
  readonly caller: Caller;
  /** True: gets frames through `send`; false: through the class's room. */
  readonly direct: boolean;
  grant: LiveGrant;
  /** Null until live. */
  seat: AudienceClass | null;
  /** Its rights changed while it was catching up. */
  disturbed: boolean;
  resync(reason: ResyncReason): void;
  /** Leaves all rooms it was in and joins those of `seat` and `grant`, synchronously. */
  seated(): void;
  /** Its token is no longer valid: it ends as when a token expires, unless it sends a newer one. */
  lapse(): void;
  /** Tells the client why and ends the connection. */
  end(reason: EndReason): void;
}

/** What every feed of a node shares. */
export interface FeedOptions {
  readonly reader: LogReader;
  readonly rings: RingShelf;
  readonly readThread: (tenantId: TenantId, threadId: ThreadId) => Promise<TypedThread | null>;
  readonly emit: EmitFrame;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'realtimeEventsPublished' | 'glassLatency'>;
  readonly stateOf: (tenantId: TenantId) => StateOf;
  /** Called with every delivered event of the tenant, after its delivery. Must not throw. */
  readonly observe: (tenantId: TenantId, events: readonly LogEvent[]) => void;
}

/** Created by TenantFeed.open; everything else is synchronous. */
export class TenantFeed {
  readonly tenantId: TenantId;
  readonly threads: ThreadMemory<TypedThread | null>;
  readonly #options: FeedOptions;
  readonly #classes: AudienceClasses;
  readonly #subscribers = new Set<Subscriber>();
  #tailer: Tailer | null = null;
  /** Counts changes of rights seen here; a bulk check that overlaps one is discarded. */
  rightsSeen = 0;
  /** When the last subscriber left, by performance.now(); null while there is one. */
  idleSinceMs: number | null;

  private constructor(tenantId: TenantId, options: FeedOptions) {
    this.tenantId = tenantId;
    this.#options = options;
    this.#classes = new AudienceClasses(tenantId, options.emit);
    this.threads = new ThreadMemory((threadId) => options.readThread(tenantId, threadId));
    this.idleSinceMs = performance.now();
  }

  /** Null when there is no such tenant. Rejects as Database calls do. */
  static async open(tenantId: TenantId, options: FeedOptions): Promise<TenantFeed | null> {
    const feed = new TenantFeed(tenantId, options);
    const listener = {
      batch: (events: readonly MeasuredEvent[], from: number) => {
        feed.#batch(events, from);
      },
      reset: (reason: 'epoch' | 'too-old') => {
        feed.#reset(reason);
      },
    };
    const { reader, log, rings } = options;
    feed.#tailer = await Tailer.start({ tenantId, reader, log, listener, rings });
    return feed.#tailer === null ? null : feed;
  }

  get tailer(): Tailer {
    if (this.#tailer === null) throw new Error('the feed is not open');
    return this.#tailer;
  }

  get stateOf(): StateOf {
    return this.#options.stateOf(this.tenantId);
  }

  get subscribers(): ReadonlySet<Subscriber> {
    return this.#subscribers;
  }

  /**
   * From now on the subscriber is told of changes of its rights. `head` is where its grant was read. Returns false if
   * changes since then can no longer be looked up, so that the grant has to be read again.
   */
  register(subscriber: Subscriber, head: number): boolean {
    const since = this.tailer.since(head);
    if (since === null) return false;
    this.#subscribers.add(subscriber);
    this.idleSinceMs = null;
    for (const event of since) {
      const change = grantChange(event);
      if (change !== null) this.#change(subscriber, change, event.seq);
    }
    return true;
  }

  /** Makes the subscriber live from the tailer's cursor on; returns that cursor. */
  goLive(subscriber: Subscriber): Cursor {
    const at = this.tailer.cursor;
    this.#seat(subscriber, at.seq);
    return at;
  }

  /** Idempotent. */
  remove(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber)) return;
    this.#unseat(subscriber);
    if (this.#subscribers.size === 0) this.idleSinceMs = performance.now();
  }

  /** Applies a change of a member's rights to all its connections here. */
  applyChange(change: GrantChange): void {
    this.#changeAll(change, this.tailer.cursor.seq);
  }

  /** Moves the cursors of classes that have seen nothing lately. */
  flush(): void {
    const { epoch, seq } = this.tailer.cursor;
    this.#classes.flush(epoch, seq);
  }

  close(): void {
    this.tailer.close();
  }

  #batch(events: readonly MeasuredEvent[], from: number): void {
    let start = 0;
    let position = from;
    events.forEach((event, index) => {
      const change = grantChange(event);
      if (change === null || !this.#matters(change)) return;
      // Events up to here go by the old rights, later ones by the new.
      this.#deliver(events.slice(start, index + 1), position);
      [start, position] = [index + 1, event.seq];
      this.#changeAll(change, position);
    });
    this.#deliver(events.slice(start), position);
    for (const { threadId } of events) if (threadId !== null) this.threads.forget(threadId);
    this.#options.observe(this.tenantId, events);
  }

  #deliver(events: readonly MeasuredEvent[], from: number): void {
    const last = events.at(-1);
    if (last === undefined) return;
    const { metrics, clock } = this.#options;
    const batch = { epoch: this.tailer.cursor.epoch, from, to: last.seq, events };
    const published = this.#classes.deliver(batch, this.stateOf);
    if (published === 0) return;
    metrics.realtimeEventsPublished.inc(published);
    for (const { receivedAtMs } of events) {
      if (receivedAtMs !== null) metrics.glassLatency.observe(Math.max(0, clock.nowMs() - receivedAtMs) / 1000);
    }
  }

  #reset(reason: 'epoch' | 'too-old'): void {
    this.#classes.jump(this.tailer.cursor.seq);
    this.threads.clear();
    for (const subscriber of [...this.#subscribers]) if (subscriber.seat !== null) subscriber.resync(reason);
  }

  #matters(change: GrantChange): boolean {
    for (const { grant, caller } of this.#subscribers) {
      if (changedGrant(grant, change) !== grant) return true;
      if (change.kind === 'sessions' && fateOf(caller, change) !== 'unchanged') return true;
    }
    return false;
  }

  #changeAll(change: GrantChange, seq: number): void {
    for (const subscriber of [...this.#subscribers]) this.#change(subscriber, change, seq);
  }

  #change(subscriber: Subscriber, change: GrantChange, seq: number): void {
    if (change.kind === 'sessions') {
      this.#endSession(subscriber, change);
      return;
    }
    const next = changedGrant(subscriber.grant, change);
    if (next === subscriber.grant) return;
    this.rightsSeen += 1;
    if (next === null) {
      this.#revoke(subscriber);
      return;
    }
    subscriber.grant = next;
    if (subscriber.seat === null) {
      subscriber.disturbed = true;
      return;
    }
    // Its frames go on from where the last one ended, also when it had nothing of what changed its rights.
    this.#classes.flush(this.tailer.cursor.epoch, seq);
    this.#unseat(subscriber);
    this.#seat(subscriber, seq);
    subscriber.resync('permissions');
  }

  #endSession(subscriber: Subscriber, ended: SessionsEnded): void {
    const fate = fateOf(subscriber.caller, ended);
    if (fate === 'lapse') subscriber.lapse();
    else if (fate === 'end') this.#revoke(subscriber);
  }

  #revoke(subscriber: Subscriber): void {
    this.remove(subscriber);
    subscriber.end('revoked');
  }

  #seat(subscriber: Subscriber, seq: number): void {
    subscriber.seat = this.#classes.enter(subscriber.grant, { epoch: this.tailer.cursor.epoch, seq });
    if (subscriber.direct) subscriber.seat.sinks.add(subscriber);
    subscriber.seated();
  }

  #unseat(subscriber: Subscriber): void {
    if (subscriber.seat === null) return;
    subscriber.seat.sinks.delete(subscriber);
    this.#classes.leave(subscriber.seat);
    subscriber.seat = null;
  }
}
